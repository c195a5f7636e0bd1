"""Phrase pools of the houses in training/page_houses_south.py, which training pages alone are drawn in.

All invented. Same shape and slots as eval/page_phrases.py; a pool is written as text with `|` or a line's end between
its entries and `/` between lines that stand together, for there are many.
"""

from __future__ import annotations

import re

from eval.page_phrases import Lines, Phrases


def cut(text: str) -> Lines:
    """The entries of a pool."""
    return tuple(re.split(r"\||\n {8}", text))


def sets(text: str) -> tuple[Lines, ...]:
    """The same where each is lines that stand together."""
    return tuple(tuple(entry.split("/")) for entry in cut(text))


_GIVEN = cut("晨曦|国梁|永康|丽娟|庆云|启明|少波|凯|洁|鹏|瑞|萌|志远|斯琴|光宇|继红|昊")
_ADVERTS = sets("""{place}药房 搬家 开锁 {tel}|寻人启事/{name}，{age}岁，{m}月{d}日在{place}走失，请联系{tel}
        《{masthead}》征订　全年{n}元|夜校招生/电工班　急救班　电话：{tel}""")
_NOTES = cut("""编者按：今天起，本报推出一组系列报道，记者走访{n}家单位，请一线的人讲自己的故事。
        开栏的话：您身边有没有难办的事？{name}等读者来信说，他们等了{y}年。|本期话题：{place}的经验能不能学？请三位当事人作答。""")
_PHOTO_LABELS = cut("图片新闻|摄影报道|图片故事|镜头|影像")
_CONTENTS = sets("""导读/让作业瘦下来　{n}版/台风走向　A{n}|本期看点/{n}版　夜市整治之后/{n}版　谁在写底层代码
        要目/遣散费检讨……{n}/换季谈咳嗽……{n}""")

METRO = Phrases(
    surnames=tuple("骆柴晏盛丛荣阮虞鲍仲项席"),
    given=_GIVEN,
    places=cut("锦江里|北塘|三元桥|柳巷|南湖大道"),
    papers=cut("都市晨报|江城晨报"),
    sections=cut("热线|都市|社会|天下|财富"),
    kicker_comma=cut("凌晨两点，小区突然停水，|一条裤子引出的官司，|排队{n}分钟只为一碗面，|地铁{n}号线今起试运行，"),
    kicker_dash=cut("{place}居民来电——|本报昨日独家报道追踪——|热心读者线索——"),
    kicker_column=cut("晨报调查|帮你问|记者打探|街头实测|今日热线|追踪"),
    kicker_series=sets("文明城市大家建/晨报记者走街巷/（{n}）|“3·15”系列报道/帮您维权"),
    features=sets("谁动了我的停车位|一座城的夜与昼/——五名记者的24小时"),
    tags=cut("组图|追踪|后续|实测"),
    subhead_dash=cut("——记者暗访{n}家月子中心|——本报“寻人”报道引出的故事"),
    subhead_quoted=cut("“我就想讨个说法”|“钱转出去才发现被骗”"),
    subhead_plain=cut("""警方：嫌疑人已被刑拘 律师：消费者可索赔三倍|涉事商家称系临时工所为
        今明两天仍有大到暴雨 出行请绕开{n}处积水点"""),
    section_heads=cut("事发|记者调查|邻居：没听到呼救|街道办：已责令整改|“钱去哪了？”"),
    box_labels=cut("新闻链接|律师说法|警方提醒|前情回顾|网友评论|温馨提示"),
    box_texts=cut("""警方提醒：凡是要求把钱转到“安全账户”的，都是诈骗。
        网友“小巷深处”：早该管了。网友“爱吃面的猫”：希望不是一阵风。
        地铁早高峰行车间隔三分钟，首班车6时发出，儿童身高不足一米二免票。"""),
    notes=_NOTES,
    captions=cut("▲监控画面显示，男子翻越护栏。|被撞坏的早餐车。|▼{place}路口，市民冒雨赶路。"),
    photos=sets("""老街理发师{name}：一把推子走四方/{age}岁的{name}在{place}摆摊{y}年，理一次发只收五元。
        “井盖裂了，当心！”/{m}月{d}日，{place}路口一处井盖破损，热心市民搬来锥桶守了{n}分钟，直到维修人员赶到。"""),
    briefs=cut("晨报快讯|一分钟读城"),
    tails=cut("（线索提供：{name} 奖励{n}元）|（应采访对象要求，文中人物为化名）"),
    adverts=_ADVERTS,
    questions=cut("当时你怎么想的？|为什么不报警？|钱还能追回来吗？|邻居知道这件事吗？"),
    photo_labels=_PHOTO_LABELS,
    box_lists=sets("拥堵路段预报/{place}：7:20—8:40/南湖大道：17:30—19:00"),
    contents=_CONTENTS,
    kicker_long=sets("""男子深夜酒后翻越护栏被撞，家属质疑道路照明不足
        晨报追踪/停在小区里的一排“僵尸车”终于有人来管了，业主拍手叫好"""),
)  # fmt: skip

PARTY = Phrases(
    surnames=tuple("郝瞿乔车甄芦栗阎屈董褚蔡"),
    given=_GIVEN,
    places=cut("阳原|河州|平凉川|南河|大围子"),
    papers=cut("河州日报|东山日报"),
    sections=cut("要闻|综合新闻|地方新闻|经济广场|理论与实践"),
    kicker_comma=cut("围绕中心，服务大局，|以人为本抓落实，|科学发展谱新篇，|退耕还林{n}万亩，"),
    kicker_dash=cut("在{place}调研时强调——|树立和落实科学发展观——|省人大视察组指出——"),
    kicker_column=cut("今日谈|世纪行|走进新农村|社会主义新农村建设|党旗飘飘|和谐之歌"),
    kicker_series=sets("构建和谐社会/新农村建设系列报道之{n}|深入学习/贯彻落实省委全会精神/专题"),
    features=sets("一个村庄的五年|乡镇党委书记手记/三个支部的变化"),
    tags=cut("今日谈|图片报道|短评|社论"),
    subhead_dash=cut("——{place}推进税费改革综述|——记优秀共产党员{name}"),
    subhead_quoted=cut("“跟着支部走，日子越过越红火”|“这条路修到了心坎上”"),
    subhead_plain=cut("投资{n}亿元的{place}工业园区奠基|{name}主持 {name}讲话|五年累计解决{big}个村通水问题"),
    section_heads=cut("""统一思想　提高认识|抓住机遇　加快发展|集中力量办大事|立足资源优势，壮大特色产业
        强化责任，狠抓落实|“要想富，先修路”"""),
    box_labels=cut("编者按|短评|新闻背景|记者手记|政策链接"),
    box_texts=cut("""据了解，该厂{n}年前还是远近闻名的亏损大户。|编者：学理论，重在联系实际。{place}的做法，值得各地借鉴。
        据统计，全省现有国有中小企业{big}户，已改制{n}户，安置职工{big}人。"""),
    notes=_NOTES,
    captions=cut("图为{place}县农民正在采摘苹果。|{name}（中）在企业考察。|上图：新建的村级卫生所。"),
    photos=sets("""白发书记{name}：/{age}岁的{name}退休后回到老家，带领{n}户村民修渠引水。
        春风送暖，备耕正忙/“打春牛、早下田”。{place}农民趁雨后墒情好，抓紧整地。"""),
    briefs=cut("省内简讯|一周时政要闻"),
    tails=cut("（作者单位：{place}市委党校）|（本文作者系{place}县委书记）"),
    adverts=_ADVERTS,
    photo_labels=_PHOTO_LABELS,
    box_lists=sets("数字／成就/通公路的行政村：{big}个/解决饮水困难：{n}万人/通电率：{n}%"),
    contents=_CONTENTS,
    kicker_long=sets("""省委书记{name}、省长{name}在{place}、{place}等地考察重点项目建设时强调
        全省经济工作会议在{city}召开，{name}出席会议并作重要讲话，{name}主持"""),
)  # fmt: skip

HEALTH = Phrases(
    surnames=tuple("宁宣翁薄葛祝钮米景郜芮舒"),
    given=_GIVEN,
    places=cut("仁和|协安|市二|同济堂|康复路"),
    papers=cut("家庭保健周报|百姓健康"),
    sections=cut("封面|用药|养生|食疗|母婴"),
    kicker_comma=cut("一到换季就咳嗽，|血压忽高忽低，|孩子挑食怎么办，|夜里腿抽筋，"),
    kicker_dash=cut("专家答疑——|家庭药箱——|名医讲堂——"),
    kicker_column=cut("名医门诊|一周食谱|心灵驿站|用药指南|健康生活|百家偏方辨析|婆婆妈妈"),
    kicker_series=sets("春季养生/护肝{n}讲|关注糖尿病/从嘴开始/（{n}）"),
    features=sets("那些熬夜的人，后来怎样了|一家三代的药箱"),
    tags=cut("食疗|误区|养生|用药"),
    subhead_dash=cut("——访{place}医院主任医师{name}|——老人跌倒之后怎么扶"),
    subhead_quoted=cut("“少吃一口，多走两步”|“别自己给自己开药”"),
    subhead_plain=cut("医生：三类人不宜空腹喝|多喝水、少熬夜，{n}%的人可缓解|适用于轻中度患者，孕妇慎用"),
    section_heads=cut("饮食清淡|哪些人容易得|切勿自行停药|中医怎么看|别把感冒不当病|按摩穴位"),
    box_labels=cut("小贴士|温馨提示|医学词典|名医简介|食疗方"),
    box_texts=cut("""服用降压药期间不要吃西柚，以免血药浓度升高。|自测：近一个月里，您有三项以上符合吗？若有，请尽早就诊。
        幽门螺杆菌主要经口传播，分餐、用公筷可减少感染，不必过度恐慌。
        按揉足三里：膝盖外侧凹陷下四横指处，每次按三分钟，以酸胀为度。"""),
    notes=_NOTES,
    captions=cut("图①为正确坐姿，图②为错误坐姿。|演示：揉按合谷穴。|医生为老人测血压。"),
    photos=sets("""“我把三十斤肉送走了！”/读者{name}，{age}岁，坚持快走{n}个月，体重降了{n}斤。图为减重前后对比。
        名医{name}：号脉，先望后切/{place}医院义诊现场，{n}位居民排队问诊。"""),
    briefs=cut("健康短讯|医界动态"),
    tails=cut("（作者为{place}医院副主任医师）|（{name}整理）"),
    adverts=_ADVERTS,
    questions=cut("医生，我每天散步算运动吗？|吃药能喝茶吗？|老人补钙会不会过量？"),
    photo_labels=_PHOTO_LABELS,
    box_lists=sets("食材/山药{n}克/红枣{n}枚/冰糖少许"),
    contents=_CONTENTS,
    kicker_long=sets("一到冬天就手脚冰凉，喝姜茶管用吗？专家说：要看是什么体质|高血压患者突然停药，险些酿成大祸"),
    salutes=cut("编辑您好：|医生您好："),
)  # fmt: skip

SCHOOL = Phrases(
    surnames=tuple("戚靳封尚闫屠焉嵇简全麦娄"),
    given=_GIVEN,
    places=cut("青云镇|星河|滨湖|桐城里|东风"),
    papers=cut("教育新报|校园周讯"),
    sections=cut("新闻·要闻|新闻·深度|课改前沿|教师周刊|德育"),
    kicker_comma=cut("双减之后，|走班不走样，|让作业瘦下来，|小课堂连着大社会，"),
    kicker_dash=cut("教研组长圆桌——|一线教师说——|课堂观察——"),
    kicker_column=cut("特别策划|教改风向|班级里的故事|我的教育故事|每周一校|本期关注|校园广角"),
    kicker_series=sets("新课程·新课堂/系列报道|课改十年/{n}位教师的答卷"),
    features=sets("三所学校的劳动课|课间十分钟去哪儿了"),
    tags=cut("观点|教学案例|随笔|述评"),
    subhead_dash=cut("——{place}推进集团化办学的实践|——写给新入职的你"),
    subhead_quoted=cut("“老师，您慢点讲”|“不让一个孩子掉队”"),
    subhead_plain=cut("""家校共育、五育并举，学生每天运动{n}分钟|课后服务全覆盖，参与率{n}%
        全县{n}所学校结对，共享{big}节优质课"""),
    section_heads=cut("把时间还给孩子|课堂从这里改变|评价变了，孩子变了|教师成长的三级台阶|“老师，我会了”|家长为何焦虑"),
    box_labels=cut("编者按|观点|校长感言|专家视点|教学反思|数读"),
    box_texts=cut("""“教育不是灌满一桶水，而是点燃一把火。”|{name}，特级教师，任教{y}年，主持省级课题{n}项。
        本学期，该校教师平均每人每周听课{n}节，教研组共同备课{n}次。"""),
    notes=_NOTES,
    captions=cut("孩子们在科学实验室里观察豆芽。|{place}小学的大课间。|图为教研活动现场。"),
    photos=sets("""“我喜欢当小先生”/{place}小学里，{n}名高年级学生给低年级讲数学题。
        {name}老师：用一支粉笔画四季/黑板前，{name}老师边讲边画，{n}个学生看得入神。"""),
    briefs=cut("校园短讯|教育简讯"),
    tails=cut("（作者单位：{place}中学）|（作者系{place}教研室主任）"),
    adverts=_ADVERTS,
    questions=cut("家长不理解怎么办？|分层作业会不会伤自尊？|您怎样看待体育课被占？"),
    photo_labels=_PHOTO_LABELS,
    box_lists=sets("课程表/晨读：8:00—8:20/社团：16:00—17:30/家校日：每月一次"),
    contents=_CONTENTS,
    kicker_long=sets("""教育部门要求，义务教育阶段学校不得以任何形式公布学生考试排名
        {place}实验区探索：/把学校办成孩子愿意来的地方"""),
)  # fmt: skip

LABOUR = Phrases(
    surnames=tuple("梁邓麦黎岑莫罗欧关招冼利"),
    given=cut("志明|嘉欣|伟雄|淑仪|永辉|佩珊|咏诗|国强|美玲|俊杰|惠芳|耀荣|子康|敏仪"),
    places=cut("葵涌|油塘|红磡|荃湾|观塘"),
    papers=cut("劳工周报|工人前线"),
    sections=cut("工运|劳工法例|职业健康|行业消息|外劳"),
    kicker_comma=cut("时薪{y}年未调，|判头走数，|天台打工，|炎夏开工，"),
    kicker_dash=cut("工潮现场——|打工仔来信——|工伤个案——"),
    kicker_column=cut("工会之声|法例小百科|行业前线|每周个案|开工前|收工后|外劳专栏"),
    kicker_series=sets("五一特稿/百年工运/回望|标准工时讨论/工友点睇"),
    features=sets("夜更巴士上的六个人|洗碗婶的一个星期天"),
    tags=cut("个案|会讯|专访|来信"),
    subhead_dash=cut("——{place}货柜码头工潮二十天|——清洁工人组织工会记"),
    subhead_quoted=cut("“多劳多得，点解做得多反而少？”|“不是要涨价，只想有饭开”"),
    subhead_plain=cut("劳资双方{m}月{d}日再谈判|工会要求加薪{n}% 资方只肯加百分之一|九成受访者无有薪年假"),
    section_heads=cut("工友诉求|资方回应|谈判拉锯|“不加薪，便罢工”|收入仅够交租|法例灰色地带"),
    box_labels=cut("劳工法例|数字会说话|话你知|会员福利|工会立场|个案"),
    box_texts=cut("""工会热线{tel}，逢星期一至五上午十时至下午六时，费用全免。
        互助基金由会员每月供款{n}元设立，会员工伤住院可即日领取慰问金。
        遣散费计算：最后一个月工资乘三分之二，再乘受雇年数，上限{n}万元。"""),
    notes=_NOTES,
    captions=cut("工友举起横额。|{place}的后巷，清洁工{name}收工。|图为工会代表在记者会上。"),
    photos=sets("""“公道在人心！”/{m}月{d}日，{n}名酒楼工友在劳工处外静坐，要求追讨欠薪。
        巴士车长{name}：/坐在驾驶座上{y}年，{age}岁的{name}说最怕没时间去厕所。"""),
    briefs=cut("行业短讯|工运一周"),
    tails=cut("（工友姓名为化名）|（录音整理：{name}）"),
    adverts=_ADVERTS,
    questions=cut("加班有没有钱？|你们怎样和判头谈？|工伤要找谁？"),
    photo_labels=_PHOTO_LABELS,
    box_lists=sets("法定假期/元旦/农历年初一至三/清明/劳动节"),
    contents=_CONTENTS,
    kicker_long=sets("""凌晨四时，码头的吊臂还在转动，留守的工友已在露天睡了七晚
        工会代表与资方第三轮谈判破裂，劳工处出面调停无果"""),
    salutes=cut("编者先生：|工会同事："),
)  # fmt: skip

LAB = Phrases(
    surnames=tuple("耿谈羊仰沃桑濮湛郎訾甘晋"),
    given=_GIVEN,
    places=cut("苏北院|高新西区|青年湖|第七研究所|玉衡谷"),
    papers=cut("科技新报|现代工业周报"),
    sections=cut("科学|产业|前沿|材料|能源"),
    kicker_comma=cut("国产化率超{n}%，|突破“卡脖子”，|攻关{n}个月，|良率提升{n}%，"),
    kicker_dash=cut("院士访谈——|首席科学家说——|攻关日志——"),
    kicker_column=cut("前沿|实验室来信|新材|成果转化|智造现场|创新方法|科普时间"),
    kicker_series=sets("重大专项攻关/记者探访（{n}）|走进实验室/{place}篇/看创新"),
    features=sets("一颗螺栓的极限|从论文到产线/——三位发明人"),
    tags=cut("前沿|专利|成果|解读"),
    subhead_dash=cut("——{place}团队研发超低温轴承纪实|——记青年研究员{name}"),
    subhead_quoted=cut("“数据不会骗人”|“失败{n}次之后，我们看到了曲线”"),
    subhead_plain=cut("灵敏度提升{n}倍，成本降低{n}%|相关论文发表于国际期刊|预计{n}年内完成工程化验证"),
    section_heads=cut("原理：从声子到能带|“把数据跑通”|失败的那一次|从零到一|让设备开口说话|走出实验室"),
    box_labels=cut("阅读提示|内容提要|技术参数|成果档案"),
    box_texts=cut("""科技成果怎样走出实验室？从一枚轴承到一条产线，要闯过几道关？
        专家点评：成果新颖，数据翔实，但与国际同行相比，稳定性还有差距。
        据介绍，该装备累计运行{big}小时，故障间隔由{n}天延长到{n}天。
        研究人员把石墨烯嵌入陶瓷基体，抗弯强度提高{n}%，但批次一致性仍待验证。
        中试，是产品在大规模量产前的小批量试验，常被称为从实验室到车间的“死亡谷”。"""),
    notes=_NOTES,
    captions=cut("↑ {name}在调试真空腔。|图1 传感器结构示意图|图2 实验装置。|{place}研发的检测机器人。"),
    photos=sets("""“听，机器在咳嗽！”/工程师{name}用麦克风阵列听出了{n}号机组的故障。
        {name}：把火焰拍成曲线/{place}实验室里，{name}团队每秒拍摄{big}帧燃烧图像。"""),
    briefs=cut("科技快递|产业资讯"),
    tails=cut("（作者系{place}研究员）|（相关论文见《材料通报》第{n}期）"),
    adverts=_ADVERTS,
    photo_labels=_PHOTO_LABELS,
    box_lists=sets("技术参数/转速：{big}转每分/功率：{n}千瓦/寿命：{big}小时"),
    contents=_CONTENTS,
    kicker_long=sets("""三代科研人员用{y}年时间，为国产高端轴承找到了突破口，
        重大专项/国内首条万吨级碳纤维生产线投产，单位能耗下降{n}%"""),
)  # fmt: skip
