// The words that scripts of / and /login say, in both languages, and which language is on.

const WORDS = {
  zh: {
    claim: "版面拆稿 · 主题标注 · 摘要", article: "单篇稿件", headline: "标题", pageText: "版面文字", articleText: "正文",
    run: "开始处理", running: "处理中…", count: (n) => `${n.toLocaleString()} 字符`,
    pagePlaceholder: "粘贴一整版的文字，包括标题、署名、正文和版面信息", articlePlaceholder: "粘贴稿件正文",
    loading: "模型正在加载，请稍候…", found: (n) => `共 ${n} 篇稿件`, noArticles: "这个版面里没有找到稿件，全部文字见下。",
    review: "需人工复核", reviewEdges: "复核原因：文章起止或标题拿不准", unsureBlock: "把握", topics: "主题", primary: "主要主题", other: "其他", summary: "摘要", body: "正文",
    evidence: "标注依据已在文中标出", blocks: "版面块", furniture: "版面信息（不属于任何稿件）", noHeadline: "（无标题）",
    noBody: "（无正文）", noSummary: "（无摘要）", abstractive: "生成式", extractive: "摘录原文", checks: "已核对",
    checkNames: { numbers_not_in_source: "数字与原文一致", quotations_not_in_source: "引语与原文一致", dates_not_in_source: "日期与原文一致",
      names_not_in_source: "名称与原文一致", negations_not_in_source: "说法与原文一致", byline: "不是署名", repeats: "无重复",
      ok: "以上各项通过", score: "模型把握（对数）", read_chars: "已读字符", of_chars: "全文字符" },
    wrongNames: { numbers_not_in_source: "原文没有的数字", quotations_not_in_source: "原文没有的引语", dates_not_in_source: "原文没有的日期",
      names_not_in_source: "原文没有的名称", negations_not_in_source: "原文没有或否认的说法", byline: "只是署名", repeats: "有重复",
      empty: "没有摘要", fell_back: "模型没有写出可用的摘要，改用摘录", markup: "正文含网页标记", ok: "以上各项未全部通过" },
    writtenNote: "由模型写成：数字、日期、名称、引语、否定已与原文核对；谁对谁做了什么，须由人过目。",
    reasonNames: { empty: "没有可读的文字", not_chinese: "不像中文稿件", near_threshold: "概率接近界线", unsure: "把握不大" },
    floor: { topics: (name) => `主题由规则基线 ${name} 给出，不是训练过的模型，请勿用于生产。`,
      summaries: (name) => `摘要由规则基线 ${name} 给出，不是训练过的模型，请勿用于生产。` },
    yes: "是", no: "否", none: "无", windows: (n) => `全文分 ${n} 段读取`, reasons: "复核原因", bundle: "模型",
    readAs: (name) => `文件按 ${name} 编码读取，请核对文字。`,
    badFile: "这个文件不是可识别的文本（UTF-8、GB18030 或带 BOM 的 UTF-16），请另存为 UTF-8 后再选。",
    bigFile: "文件超过 64 MB，请拆分；整批归档请用命令行 python -m service tag。",
    unread: (name, line, reason) => `${name}${line ? ` 第 ${line} 处` : ""} 无法读取：${reason}`,
    stored: "已存入：", known: (id) => `编号“${id}”已经用过，请换一个。`, noId: "请先填写编号。",
    unreachable: "连接不上服务，请确认它在运行，然后重试。", strange: "服务的回答无法理解，请查看日志后重试。",
    key: "密钥", keyHint: "密钥由管理员用 python -m service keys create 生成。", signIn: "登录",
    badKey: "这个密钥无效，请检查，或向管理员要一个新的。",
    nothing: "请先粘贴文字、选择文件，或载入示例版面。",
    roles: { kicker: "肩题", headline: "主标题", subhead: "副题", byline: "署名", body: "正文", section_head: "小标题",
      caption: "图说", box: "插框", tail: "文尾", furniture: "版面信息" },
  },
  en: {
    claim: "Pages into articles · topics · summaries", article: "One article", headline: "Headline",
    pageText: "Text of the page", articleText: "Body", run: "Read it", running: "Working…",
    count: (n) => `${n.toLocaleString()} characters`,
    pagePlaceholder: "Paste the text of a whole page: headlines, bylines, body, page furniture and all",
    articlePlaceholder: "Paste the body of an article",
    loading: "The models are being loaded, one moment…", found: (n) => (n === 1 ? "1 article" : `${n} articles`),
    noArticles: "No article was found on this page; all of its text is below.", review: "Needs review", reviewEdges: "Reason: where it begins or ends, or its headline, is unsure", unsureBlock: "confidence",
    topics: "Topics", primary: "Main topic", other: "Other", summary: "Summary", body: "Body",
    evidence: "sentences that speak for a topic are marked", blocks: "Blocks of the page",
    furniture: "Page furniture (belongs to no article)", noHeadline: "(no headline)", noBody: "(no body)",
    noSummary: "(no summary)", abstractive: "written by the model", extractive: "taken from the text",
    checks: "Checked",
    checkNames: { numbers_not_in_source: "numbers as in the text", quotations_not_in_source: "quotations as in the text",
      dates_not_in_source: "dates as in the text", names_not_in_source: "names as in the text",
      negations_not_in_source: "claims as in the text", byline: "no byline", repeats: "no repetition", ok: "these checks passed", score: "model score (log)", read_chars: "characters read", of_chars: "characters in all" },
    wrongNames: { numbers_not_in_source: "numbers not in the text", quotations_not_in_source: "quotations not in the text",
      dates_not_in_source: "dates not in the text", names_not_in_source: "names not in the text",
      negations_not_in_source: "says what the text denies or does not say", byline: "only a byline", repeats: "repeats itself",
      empty: "no summary", fell_back: "the model wrote none that could be shown: taken from the text", markup: "the body holds HTML", ok: "not all checks passed" },
    writtenNote: "Written by the model: numbers, dates, names, quotations and denials were checked against the text; who did what to whom needs a reader.",
    reasonNames: { empty: "nothing to read", not_chinese: "not like a Chinese article", near_threshold: "close to a threshold", unsure: "not sure of the topics" },
    floor: { topics: (name) => `Topics come from the rule-based floor ${name}, not from a trained model: not for production.`,
      summaries: (name) => `Summaries come from the rule-based floor ${name}, not from a trained model: not for production.` },
    yes: "yes", no: "no", none: "none",
    windows: (n) => `read in ${n} pieces`, reasons: "Why review", bundle: "Model",
    readAs: (name) => `The file was read as ${name}: please check the text.`,
    badFile: "This file is no text we know (UTF-8, GB18030, or UTF-16 with a BOM): save it as UTF-8 and choose it again.",
    bigFile: "The file is over 64 MB: split it, or tag an archive with python -m service tag.",
    unread: (name, line, reason) => `${name}${line ? `, place ${line},` : ""} cannot be read: ${reason}`,
    stored: "Kept:", known: (id) => `The id “${id}” is taken: choose another.`, noId: "Give it an id first.",
    unreachable: "The service cannot be reached: see that it runs, then try again.",
    strange: "The service's answer makes no sense: see its log, then try again.",
    key: "Key", keyHint: "Your administrator makes keys with python -m service keys create.", signIn: "Sign in",
    badKey: "This key is not valid: check it, or ask for a new one.",
    nothing: "Paste a text first, choose a file, or load the sample page.",
    roles: { kicker: "Kicker", headline: "Headline", subhead: "Subhead", byline: "Byline", body: "Body",
      section_head: "Section head", caption: "Caption", box: "Box", tail: "Tail", furniture: "Furniture" },
  },
};

// The choice is the cookie that the desk reads, too.
let language = /(?:^|;\s*)lang=en(?:;|$)/.test(document.cookie) ? "en" : "zh";

export const current = () => language;

export function word(name, ...values) {
  const found = WORDS[language][name];
  return typeof found === "function" ? found(...values) : found;
}

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  document.cookie = `lang=${language}; path=/; max-age=31536000; SameSite=Strict`;
}

export function translatePage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const part of document.querySelectorAll("[data-text]")) part.textContent = word(part.dataset.text);
}
