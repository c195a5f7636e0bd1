// The API's page: /openapi.json as something to read, with curl lines to copy. No third party's script is needed.

import { element } from "./elements.js";

const main = document.getElementById("docs");

function resolve(schema, spec) {
  if (schema?.$ref) return spec.components.schemas[schema.$ref.split("/").pop()];
  return schema ?? {};
}

function typeName(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeName).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `[${typeName(schema.items ?? {})}]`;
  if (schema.additionalProperties?.type) return `{string: ${schema.additionalProperties.type}}`;
  return schema.type ?? "any";
}

function schemaTable(name, schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([field, part]) =>
    element("tr", {}, element("td", {}, element("code", { text: field })), element("td", {}, element("code", { text: typeName(part) })),
      element("td", { text: [schema.required?.includes(field) ? "" : "optional.", part.default !== undefined && part.default !== null ? `Default ${JSON.stringify(part.default)}.` : "", part.description ?? ""].filter(Boolean).join(" ") })),
  );
  return element("section", { class: "panel", id: `schema-${name}` }, element("h3", { text: name }), element("p", { text: schema.description ?? "" }),
    element("div", { class: "scroll" }, element("table", {}, element("tbody", {}, ...rows))));
}

function operation(path, method, op, spec) {
  const parts = [element("h3", {}, element("code", { class: "method", text: method.toUpperCase() }), " ", element("code", { text: path })), element("p", { text: op.description ?? op.summary ?? "" })];
  const content = op.requestBody?.content?.["application/json"];
  let curl = `curl -sS ${location.origin}${path}`;
  if (content) {
    const body = resolve(content.schema, spec);
    if (body.example) curl += ` \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body.example)}'`;
    parts.push(element("p", {}, "Takes ", schemaLink(content.schema)));
  }
  parts.push(element("pre", {}, element("code", { text: curl })));
  for (const [status, answer] of Object.entries(op.responses ?? {})) {
    const schema = Object.values(answer.content ?? {})[0]?.schema;
    const line = element("p", { class: "answer" }, element("code", { text: status }), ` ${status === "200" ? "" : answer.description ?? ""} `);
    if (schema?.$ref) line.append(schemaLink(schema));
    parts.push(line);
  }
  return element("section", { class: "panel" }, ...parts);
}

function schemaLink(schema) {
  const name = typeName(schema);
  return element("a", { href: `#schema-${name}`, text: name });
}

try {
  const spec = await (await fetch("/openapi.json")).json();
  main.append(element("h2", { text: `${spec.info.title} ${spec.info.version}` }), element("p", { text: spec.info.description }));
  for (const [path, methods] of Object.entries(spec.paths)) for (const [method, op] of Object.entries(methods)) main.append(operation(path, method, op, spec));
  main.append(element("h2", { text: "Schemas" }));
  for (const [name, schema] of Object.entries(spec.components.schemas)) main.append(schemaTable(name, schema));
} catch {
  main.append(element("p", { class: "error", text: "连接不上服务，请刷新重试。 The service cannot be reached: reload to try again." }));
}
