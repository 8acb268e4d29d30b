// Shows the OpenAPI document that stands beside this page. Nothing else is loaded, and no text becomes markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const PLACES = { path: "路径", query: "查询", header: "请求头", cookie: "Cookie" };
const ROLES = { operator: "员工", manager: "主管", admin: "管理员" };
let doc;

/** An element: attributes, then children; texts stay texts. */
function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function resolve(value) {
  const at = value?.$ref;
  if (!at) return value;
  const found = at.slice(2).split("/").reduce((inside, key) => inside?.[key.replace(/~1/g, "/").replace(/~0/g, "~")], doc);
  return value.description ? { ...found, description: value.description } : found;
}

const nameOf = (value) => value?.$ref?.split("/").pop();

/** Text with `code` in it, paragraph by paragraph, with lists. */
function prose(text) {
  return (text ?? "").split("\n\n").map((paragraph) => {
    const lines = paragraph.split("\n");
    if (lines.every((line) => line.startsWith("- "))) {
      return h("ul", {}, lines.map((line) => h("li", {}, inline(line.slice(2)))));
    }
    return h("p", {}, inline(paragraph));
  });
}

const inline = (text) => (text ?? "").split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));

/** What a schema is called: its type, its limits. */
function typeOf(schema) {
  if (schema?.$ref) return nameOf(schema);
  const choices = schema?.oneOf ?? schema?.anyOf;
  if (choices) return choices.map(typeOf).join(" | ");
  if (schema?.allOf) return schema.allOf.map(typeOf).join(" & ");
  if (schema?.const !== undefined) return JSON.stringify(schema.const);
  if (schema?.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const types = [schema?.type ?? "any"].flat().map((type) => (type === "array" ? `${typeOf(schema.items)}[]` : type));
  return types.join(" | ") + (schema?.format ? ` (${schema.format})` : "");
}

function limitsOf(schema) {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, pattern } = schema ?? {};
  const range = (low, high, unit) => (low ?? high) === undefined ? "" : `${low ?? ""}–${high ?? ""}${unit}`;
  const given = schema?.default === undefined ? "" : `默认 ${JSON.stringify(schema.default)}`;
  const all = [range(minimum, maximum, ""), range(minLength, maxLength, " 字符"), range(minItems, maxItems, " 项"), given];
  return all.filter(Boolean).join("，") + (pattern ? `  /${pattern}/` : "");
}

/** A schema, opened step by step: some of them contain themselves. */
function schemaView(schema) {
  if (schema?.$ref) return opened(schema);
  const choices = schema?.properties ? undefined : schema?.oneOf ?? schema?.anyOf;
  const [only, ...others] = (choices ?? []).filter((choice) => choice.type !== "null");
  if (only && !others.length) return h("div", {}, schemaView(only), h("span", { class: "type" }, " 可为 null"));
  if (choices) {
    return h("div", { class: "schema" }, h("div", { class: "soft" }, "以下之一："), choices.map((choice) => h("div", { class: "field" }, schemaView(choice))));
  }
  if (schema?.allOf) return h("div", {}, schema.allOf.map(schemaView));
  if (schema?.items) return h("div", { class: "schema" }, h("span", { class: "type" }, "列表，每项："), schemaView(schema.items));
  if (!schema?.properties) return h("span", { class: "type" }, `${typeOf(schema)} ${limitsOf(schema)}`);
  const order = schema.required ?? [];
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  const names = Object.keys(schema.properties).sort((a, b) => place(a) - place(b));
  return h("div", { class: "schema" }, names.map((name) => field(name, schema.properties[name], order.includes(name))));
}

function field(name, schema, needed) {
  const plain = !schema.$ref && !schema.properties && !schema.items && !schema.oneOf && !schema.anyOf && !schema.allOf;
  const about = schema.description ?? (schema.oneOf ?? []).map((choice) => choice.description).find(Boolean);
  return h("div", { class: "field" },
    h("b", { class: "path" }, name), " ", needed ? h("span", { class: "needed" }, "必有 ") : "",
    plain ? h("span", { class: "type" }, `${typeOf(schema)} ${limitsOf(schema)}`) : "",
    about ? h("div", { class: "soft" }, inline(about)) : "",
    plain ? "" : schemaView(schema));
}

function opened(reference) {
  const whole = resolve(reference);
  const simple = whole.enum || (["string", "integer"].includes(whole.type) && !whole.properties);
  if (simple) return h("span", { class: "type" }, `${nameOf(reference)}: ${typeOf(whole)} ${limitsOf(whole)}`);
  const details = h("details", { class: "ref" }, h("summary", {}, nameOf(reference)));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) {
      details.append(h("div", { class: "soft" }, inline(whole.description)), schemaView(whole));
    }
  });
  return details;
}

const example = (value) => (value === undefined ? "" : h("pre", {}, JSON.stringify(value, null, 2)));

function contentView(content) {
  return Object.entries(content ?? {}).map(([type, { schema, example: shown }]) => {
    const view = schemaView(schema);
    const first = view.matches?.("details.ref") ? view : null;
    if (first) first.open = true;
    return [h("div", { class: "soft" }, type), view, example(shown)];
  });
}

function parametersView(operation) {
  const all = (operation.parameters ?? []).map(resolve);
  if (!all.length) return "";
  const rows = all.map((parameter) => {
    const schema = resolve(parameter.schema);
    return h("tr", {}, h("td", {}, h("code", {}, parameter.name), parameter.required ? h("span", { class: "needed" }, " 必填") : ""),
      h("td", {}, PLACES[parameter.in] ?? parameter.in),
      h("td", { class: "type" }, `${typeOf(schema)} ${limitsOf(schema)}`), h("td", {}, inline(parameter.description)));
  });
  return [h("h3", {}, "参数"), h("table", {}, h("tr", {}, ["名称", "位置", "类型与约束", "说明"].map((name) => h("th", {}, name))), rows)];
}

function answersView(operation) {
  const good = Object.entries(operation.responses).filter(([status]) => status < 400);
  return [h("h3", {}, "成功"), good.map(([status, answer]) => {
    const whole = resolve(answer);
    const headers = Object.keys(whole.headers ?? {}).join("、");
    return h("div", {}, h("p", {}, h("b", {}, status), " ", inline(whole.description), headers ? h("span", { class: "soft" }, `　响应头：${headers}`) : ""),
      contentView(whole.content));
  })];
}

function refusalsView(operation) {
  const codes = operation["x-problems"] ?? [];
  if (!codes.length) return "";
  const rows = codes.map((code) => {
    const words = doc["x-problem-codes"][code];
    const answer = operation.responses[words.status];
    return h("tr", {}, h("td", {}, String(words.status)), h("td", {}, h("a", { href: `#code-${code}` }, h("code", {}, code))),
      h("td", {}, words.title_zh), h("td", { class: "soft" }, inline(own(answer?.description, code) ?? words.title)));
  });
  return [h("h3", {}, "拒绝"), h("table", {}, h("tr", {}, ["状态", "错误码", "提示", "说明"].map((name) => h("th", {}, name))), rows)];
}

/** What an operation itself says of one of its codes. */
function own(text, code) {
  const said = (text ?? "").split(/;\s*/).find((part) => part.includes(`\`${code}\``) && part.includes(": "));
  return said && said.slice(said.indexOf(": ") + 2);
}

function curl(method, path, operation) {
  const parts = ["curl"];
  if (method !== "get") parts.push(`-X ${method.toUpperCase()}`);
  if (operation["x-role"]) parts.push(`-H "Authorization: Bearer $TOKEN"`);
  const body = operation.requestBody?.content?.["application/json"]?.example;
  if (body) parts.push(`-H "Content-Type: application/json"`, `-d '${JSON.stringify(body)}'`);
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => {
    const parameter = (operation.parameters ?? []).map(resolve).find((given) => given.name === name);
    return encodeURIComponent(resolve(parameter?.schema)?.examples?.[0] ?? name);
  });
  return `${parts.join(" ")} "${location.origin}${filled}"`;
}

function accessView(operation) {
  const role = operation["x-role"];
  if (!role) return h("p", {}, h("span", { class: "badge" }, operation.security?.some((one) => one.signature) ? "需签名" : "公开"));
  return h("p", {}, h("span", { class: "badge" }, `角色：${ROLES[role] ?? role}（${role}）及以上`), h("span", { class: "badge" }, `令牌权限：${operation["x-scope"]}`));
}

function operationView({ method, path, operation }) {
  const details = h("details", { class: "operation", id: operation.operationId },
    h("summary", {}, h("span", { class: `method ${method}` }, method.toUpperCase()), h("span", { class: "path" }, path),
      h("b", {}, operation["x-summary-zh"] ?? ""), h("span", { class: "soft" }, operation.summary)));
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const body = operation.requestBody;
    details.append(h("div", {}, accessView(operation), prose(operation.description), parametersView(operation),
      body ? [h("h3", {}, body.required ? "请求体" : "请求体（可省略）"), contentView(body.content)] : "",
      answersView(operation), refusalsView(operation), h("h3", {}, "示例"), h("pre", {}, curl(method, path, operation))));
  });
  return details;
}

function codesView() {
  const table = (words, heads, row) => h("table", {}, h("tr", {}, heads.map((name) => h("th", {}, name))), Object.entries(words).map(row));
  return [
    h("h2", { id: "codes" }, "错误码"),
    table(doc["x-problem-codes"], ["状态", "错误码", "提示", "说明"], ([code, words]) => h("tr", { id: `code-${code}` },
      h("td", {}, String(words.status)), h("td", {}, h("code", {}, code)), h("td", {}, words.title_zh), h("td", { class: "soft" }, words.title))),
    h("h2", { id: "field-codes" }, "字段错误码"),
    table(doc["x-field-codes"], ["错误码", "提示", "说明"], ([code, words]) => h("tr", {},
      h("td", {}, h("code", {}, code)), h("td", {}, words.title_zh), h("td", { class: "soft" }, inline(words.title)))),
  ];
}

function operations() {
  return Object.entries(doc.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })));
}

function show() {
  const all = operations();
  const groups = doc.tags.map((tag) => ({ tag, of: all.filter(({ operation }) => operation.tags[0] === tag.name) })).filter(({ of }) => of.length);
  document.getElementById("menu").replaceChildren(...groups.map(({ tag, of }) => h("section", {}, h("h2", {}, tag["x-name-zh"]),
    h("ul", {}, of.map(({ method, path, operation }) => h("li", { "data-words": [path, operation.operationId, operation.summary, operation["x-summary-zh"], ...(operation["x-problems"] ?? [])].join(" ").toLowerCase() },
      h("a", { href: `#${operation.operationId}` }, h("span", { class: `method ${method}` }, method.toUpperCase()), operation["x-summary-zh"] ?? operation.summary)))))),
    h("section", {}, h("h2", {}, "附录"), h("ul", {}, h("li", {}, h("a", { href: "#codes" }, "错误码")), h("li", {}, h("a", { href: "#field-codes" }, "字段错误码")))));
  document.getElementById("top").replaceChildren(
    h("p", {}, "全部接口：谁可以调用、参数、请求体、返回与错误码；说明文字为英文。供程序读取：", h("a", { href: "v1/openapi.json" }, "OpenAPI 3.1 文档"),
      "；SOP 文档格式：", h("a", { href: "v1/schema/sop.json" }, "JSON Schema"), "。"), ...prose(doc.info.description),
    ...groups.flatMap(({ tag, of }) => [h("h2", {}, `${tag["x-name-zh"]} `, h("span", { class: "soft" }, tag.name)), h("p", { class: "soft" }, tag.description), ...of.map(operationView)]),
    ...codesView());
  follow();
}

/** Opens what the address names. */
function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches("details")) target.open = true;
  target.scrollIntoView();
}

function search(event) {
  const wanted = event.target.value.trim().toLowerCase();
  for (const entry of document.querySelectorAll("#menu li[data-words]")) entry.hidden = !entry.dataset.words.includes(wanted);
  for (const section of document.querySelectorAll("#menu section")) section.hidden = wanted !== "" && !section.querySelector("li[data-words]:not([hidden])");
}

addEventListener("hashchange", follow);
document.getElementById("search").addEventListener("input", search);
fetch("v1/openapi.json").then((answer) => answer.json()).then((loaded) => { doc = loaded; show(); })
  .catch((error) => { document.getElementById("state").textContent = `文档无法加载：${error.message}`; });
