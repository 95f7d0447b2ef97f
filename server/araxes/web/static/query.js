// The query page with scripts: an editor in place of the text field, and answers without a new page.
// Without it, or where it fails, the form works as any form does.

const SHORT = 8000; // a longer address is sent by POST, and is no link to be passed on
const FEW = 10; // so many rows need no filter
const LOCAL = /^[A-Za-z0-9_](?:[\w.-]*[\w-])?$/;
const WORDS = `SELECT CONSTRUCT DESCRIBE ASK WHERE DISTINCT REDUCED FROM NAMED PREFIX BASE UNION OPTIONAL MINUS GRAPH FILTER
  BIND AS VALUES UNDEF GROUP BY HAVING ORDER ASC DESC LIMIT OFFSET EXISTS NOT IN COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT
  SEPARATOR STR LANG LANGMATCHES DATATYPE BOUND IRI BNODE RAND ABS CEIL FLOOR ROUND CONCAT STRLEN UCASE LCASE ENCODE_FOR_URI
  CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH DAY HOURS MINUTES SECONDS TIMEZONE TZ NOW UUID STRUUID COALESCE
  IF STRLANG STRDT SAMETERM ISIRI ISBLANK ISLITERAL ISNUMERIC REGEX SUBSTR REPLACE TRUE FALSE`.split(/\s+/);

const at = (id) => document.getElementById(id);
const form = at("ask");
const area = form.elements.query;
const known = JSON.parse(at("known").textContent);
const collator = new Intl.Collator("en", { numeric: true });
let editor = null;
let running = null;
let shown = location.search;

// Asking

form.addEventListener("submit", (event) => {
  if (form.elements.format.value !== "html") return;
  event.preventDefault();
  ask();
});
at("stop").addEventListener("click", () => running?.abort());
// The address always says what is shown, so going back is going to another address.
addEventListener("popstate", () => location.search !== shown && location.reload());

async function ask() {
  running?.abort();
  const own = (running = new AbortController());
  const began = performance.now();
  const sent = new URLSearchParams({ query: area.value });
  const address = `${form.getAttribute("action")}?${sent}`;
  const short = address.length < SHORT;
  const how = short ? {} : { method: "POST", body: sent };
  at("stop").hidden = false;
  say("Asking …");
  try {
    const reply = await fetch(short ? address : form.action, { ...how, headers: { Accept: "text/html" }, signal: own.signal });
    const text = await reply.text();
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    show(reply, text, short ? address : form.getAttribute("action"), seconds);
  } catch (fault) {
    if (running === own) fault.name === "AbortError" ? say("Stopped.") : fail("The server did not answer", fault.message);
  } finally {
    if (running === own) at("stop").hidden = true;
  }
}

function show(reply, text, address, seconds) {
  const type = reply.headers.get("Content-Type") ?? "";
  const page = type.startsWith("text/html") ? new DOMParser().parseFromString(text, "text/html") : null;
  const fresh = page?.getElementById("answer");
  if (!fresh) return failed(reply, type, text);
  at("answer").replaceWith(document.adoptNode(fresh));
  document.title = page.title;
  if (shown !== address.replace(/^[^?]*/, "")) history.pushState(null, "", address);
  shown = location.search;
  const heading = fresh.querySelector("h2");
  say(`${heading.textContent}. It took ${seconds} s.`);
  enhance(fresh);
  mark(fresh);
  heading.scrollIntoView({ block: "nearest" });
}

/** Show what is no page: a problem document, or whatever stands between here and the server. */
function failed(reply, type, text) {
  let told = {};
  if (type.includes("json")) {
    try {
      told = JSON.parse(text) ?? {};
    } catch {
      // it is not what it says; the status is all that is known
    }
  }
  fail(told.title ?? `The server answered with status ${reply.status}`, told.detail, told.hint, told.excerpt);
}

function fail(title, ...parts) {
  const box = element("div", { className: "fault", role: "alert" });
  for (const each of parts.filter(Boolean)) box.append(element(each.includes("\n") ? "pre" : "p", { textContent: each }));
  at("answer").replaceChildren(element("h2", { textContent: title }), box);
  say("");
}

function say(text) {
  at("status").textContent = text;
}

function element(name, given) {
  return Object.assign(document.createElement(name), given);
}

// The table

/** Make the columns of an answer sortable, and its rows findable. */
function enhance(answer) {
  const table = answer.querySelector("#rows");
  if (table) sortable(table);
  if (table && table.tBodies[0].rows.length > FEW) filterable(table);
}

function mark(answer) {
  if (answer.dataset.line) editor?.mark(Number(answer.dataset.line), Number(answer.dataset.column));
}

function sortable(table) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  for (const [column, head] of heads.entries()) {
    const button = element("button", { type: "button", className: "sort", textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      body.append(...[...body.rows].sort((one, other) => way * compare(one.cells[column], other.cells[column])));
    });
  }
}

function compare(one, other) {
  const [a, b] = [one, other].map((cell) => (cell.firstChild?.textContent ?? "").trim());
  const [x, y] = [a, b].map((text) => (text === "" ? NaN : Number(text)));
  return Number.isNaN(x) || Number.isNaN(y) ? collator.compare(a, b) : x - y;
}

function filterable(table) {
  const rows = [...table.tBodies[0].rows];
  const field = element("input", { type: "search", id: "only", autocomplete: "off", spellcheck: false });
  const line = element("p", { className: "row start" });
  line.append(element("label", { htmlFor: "only", textContent: "Show only rows with" }), field);
  table.closest(".wide").before(line);
  field.addEventListener("input", () => {
    const left = narrow(rows, field.value);
    say(field.value ? `${left} of ${rows.length} rows have it.` : "");
  });
}

/** Hide the elements without the words that were typed, and return how many are left. */
function narrow(all, typed) {
  const words = folded(typed).split(/\s+/);
  for (const each of all) each.hidden = !words.every((word) => folded(each.textContent).includes(word));
  return all.filter((each) => !each.hidden).length;
}

function folded(text) {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
}

// The examples

function findable() {
  const groups = [...document.querySelectorAll("details.questions")].map((group) => [group, group.open]);
  if (!groups.length) return;
  at("finding").hidden = false;
  at("find").addEventListener("input", ({ target }) => {
    let found = 0;
    for (const [group, open] of groups) {
      const left = narrow([...group.querySelectorAll("li")], target.value);
      group.hidden = !left;
      group.open = target.value ? true : open;
      found += left;
    }
    at("found").textContent = target.value ? `${found} found` : "";
  });
}

// What completion knows

const fetched = new Map();

/** Return the rows of a query as plain values: each is asked once, and again only where there was no answer. */
async function rowsOf(address) {
  if (!fetched.has(address)) fetched.set(address, json(address, "application/sparql-results+json"));
  const found = await fetched.get(address);
  if (!found) fetched.delete(address);
  return (found?.results.bindings ?? []).map((row) => Object.fromEntries(Object.entries(row).map(([name, term]) => [name, term.value])));
}

async function json(address, type) {
  try {
    const reply = await fetch(address, { headers: { Accept: type } });
    return reply.ok ? await reply.json() : null;
  } catch {
    return null; // completion is a help: without it, one types
  }
}

function termsOf() {
  return rowsOf(form.dataset.terms);
}

function thingsOf(namespace) {
  const text = known.things.replace(/VALUES \?namespace \{[^}]*\}/, () => `VALUES ?namespace { ${JSON.stringify(namespace)} }`);
  return rowsOf(`${known.sparql}?${new URLSearchParams({ query: text })}`);
}

function named(iri, prefixes) {
  const best = Object.entries(prefixes)
    .filter(([, namespace]) => iri.startsWith(namespace) && LOCAL.test(iri.slice(namespace.length)))
    .sort(([, one], [, other]) => other.length - one.length)[0];
  return best ? `${best[0]}:${iri.slice(best[1].length)}` : `<${iri}>`;
}

/** Return the prefixes that a query declares, by name. */
function declared(text) {
  return Object.fromEntries([...text.matchAll(/^[ \t]*PREFIX\s+([\w.-]*):\s*<([^<>\s]*)>/gim)].map(([, name, namespace]) => [name, namespace]));
}

/** Return the insertion that declares the prefix of a name where it has none yet. */
function declaration(text, name) {
  const prefix = name.match(/^([A-Za-z][\w.-]*):/)?.[1];
  if (!prefix || !known.prefixes[prefix] || prefix in declared(text)) return null;
  const lines = [...text.matchAll(/^[ \t]*(?:PREFIX|BASE)\b.*\n/gim)];
  const last = lines.at(-1);
  return { from: last ? last.index + last[0].length : 0, insert: `PREFIX ${prefix}: <${known.prefixes[prefix]}>\n` };
}

/** Return whether a place is in no text, comment or IRI; what is still open on its line is one too. */
function outside(cm, { state, pos }) {
  const node = cm.syntaxTree(state).resolveInner(pos, -1);
  const line = state.doc.lineAt(pos);
  const left = line.text.slice(0, pos - line.from).replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|<[^<>\s]*>/g, "");
  return !["String", "Comment", "IriRef"].includes(node.name) && !/["'#]|<[^\s<>=]+$/.test(left);
}

function completions(cm) {
  /** Return an option that writes an IRI as a name, and declares its prefix. */
  function option(iri, label, more) {
    return {
      ...more,
      label,
      apply(view, picked, from, to) {
        const text = view.state.doc.toString();
        const name = named(iri, { ...known.prefixes, ...declared(text) });
        const line = declaration(text, name);
        view.dispatch({
          changes: [...(line ? [line] : []), { from, to, insert: name }],
          selection: { anchor: from + name.length + (line?.insert.length ?? 0) },
          annotations: cm.pickedCompletion.of(picked),
          userEvent: "input.complete",
          scrollIntoView: true,
        });
      },
    };
  }

  function ofTerm(each, prefixes, byName) {
    const name = named(each.term, prefixes);
    const detail = `${each.kind}, ${Number(each.count).toLocaleString("en")}`;
    const texts = byName || !each.label ? [name, each.label ? `${each.label} · ${detail}` : detail] : [each.label, `${name} · ${detail}`];
    return option(each.term, texts[0], { detail: texts[1], info: each.definition, boost: name.startsWith("ax:") ? 1 : 0 });
  }

  /** Return the terms that can stand here: classes after `a`, else all. */
  async function fitting(context, from) {
    const before = context.state.sliceDoc(Math.max(0, from - 80), from);
    const classes = /(?:^|[\s;.{}])(?:a|rdf:type)\s+(?:[^\s;.{}]+\s*,\s*)*$/.test(before);
    const terms = await termsOf();
    return classes ? terms.filter((each) => each.kind === "class") : terms;
  }

  function variables(context) {
    const word = context.matchBefore(/[?$]\w*/);
    if (!word || !outside(cm, context)) return null;
    const all = new Set(context.state.doc.toString().match(/[?$]\w+/g));
    all.delete(word.text);
    return { from: word.from, options: [...all].map((label) => ({ label })), validFor: /^[?$]\w*$/ };
  }

  async function names(context) {
    const word = context.matchBefore(/[A-Za-z][\w-]*:[\w.-]*/);
    if (!word || !outside(cm, context)) return null;
    const prefixes = { ...known.prefixes, ...declared(context.state.doc.toString()) };
    const namespace = prefixes[word.text.split(":")[0]];
    if (!namespace) return null;
    const terms = (await fitting(context, word.from)).filter((each) => each.term.startsWith(namespace));
    const things = terms.length ? [] : await thingsOf(namespace);
    const options = [
      ...terms.map((each) => ofTerm(each, prefixes, true)),
      ...things.map((each) => option(each.thing, named(each.thing, prefixes), { detail: each.label })),
    ];
    return { from: word.from, options, validFor: /^[\w-]*:[\w.-]*$/ };
  }

  async function words(context) {
    const word = context.matchBefore(/[A-Za-z][\w-]*/) ?? { from: context.pos, text: "" };
    if ((!word.text && !context.explicit) || !outside(cm, context) || /[:?$@<^\w]$/.test(context.state.sliceDoc(word.from - 1, word.from))) return null;
    const prefixes = { ...known.prefixes, ...declared(context.state.doc.toString()) };
    const terms = (await fitting(context, word.from)).map((each) => ofTerm(each, prefixes, !word.text));
    const others = [
      ...WORDS.map((label) => ({ label, boost: 2 })),
      ...Object.entries(prefixes).map(([name, namespace]) => ({ label: `${name}:`, detail: namespace })),
    ];
    return { from: word.from, options: word.text ? [...others, ...terms] : terms, validFor: /^[\w-]*$/ };
  }

  async function things(context) {
    const word = context.matchBefore(/[\p{L}][\p{L}\d-]{2,}/u);
    if (!word || !outside(cm, context) || /[:?$@<^\w]$/.test(context.state.sliceDoc(word.from - 1, word.from))) return null;
    const found = await json(`/search.json?${new URLSearchParams({ q: word.text })}`, "application/json");
    if (!Array.isArray(found) || context.aborted) return null;
    const options = found.map((each) => option(each.iri, each.label, { detail: named(each.iri, known.prefixes) }));
    return { from: word.from, options, filter: false };
  }

  return [variables, names, words, things];
}

// The editor

async function edit() {
  const cm = await import(form.dataset.editor).catch(() => null);
  if (!cm) return;
  const { EditorView, tags } = cm;
  const host = element("div", { className: "editor", dir: "ltr" });
  // In a shadow root the editor's rules are adopted; in the page they would be a style element, which the policy refuses.
  const root = host.attachShadow({ mode: "open" });
  const marking = cm.StateEffect.define();
  const marked = cm.StateField.define({
    create: () => cm.Decoration.none,
    update(value, change) {
      const effect = change.effects.find((each) => each.is(marking));
      if (effect) return cm.Decoration.set([cm.Decoration.line({ class: "cm-wrong" }).range(effect.value)]);
      return change.docChanged ? cm.Decoration.none : value;
    },
    provide: (field) => EditorView.decorations.from(field),
  });
  const submit = () => {
    form.requestSubmit();
    return true;
  };
  const colours = cm.HighlightStyle.define([
    { tag: tags.keyword, color: "var(--code-word)", fontWeight: "600" },
    { tag: [tags.url, tags.namespace, tags.typeName], color: "var(--code-name)" },
    { tag: tags.variableName, color: "var(--code-variable)" },
    { tag: [tags.string, tags.integer, tags.float, tags.bool, tags.annotation], color: "var(--code-value)" },
    { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  ]);
  const view = new EditorView({
    doc: area.value,
    parent: root,
    root,
    extensions: [
      cm.keymap.of([{ key: "Mod-Enter", run: submit }, ...cm.closeBracketsKeymap, ...cm.historyKeymap, ...cm.defaultKeymap]),
      cm.lineNumbers(),
      cm.highlightSpecialChars(),
      cm.history(),
      cm.drawSelection(),
      cm.bracketMatching(),
      cm.closeBrackets(),
      cm.indentUnit.of("  "),
      cm.SparqlLanguage.configure({ props: [cm.styleTags({ "Pname_ln Pname_ns": tags.namespace, A_predicate: tags.keyword })] }),
      cm.syntaxHighlighting(colours),
      cm.autocompletion({ override: completions(cm), icons: false, maxRenderedOptions: 10 }),
      marked,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": form.querySelector("label[for=query]").textContent, tabindex: "0" }),
      EditorView.domEventHandlers({ beforeinput: replace }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        area.value = update.state.doc.toString();
        if (update.transactions.some((each) => each.isUserEvent("input.type") || each.isUserEvent("input.complete"))) declare(update.view);
      }),
      theme(EditorView),
    ],
  });
  area.before(host);
  area.hidden = true;
  form.querySelector("label[for=query]").addEventListener("click", (event) => {
    event.preventDefault();
    view.focus();
  });
  view.contentDOM.addEventListener("focus", termsOf, { once: true });
  at("keys").textContent = "Ctrl+Space completes, Ctrl+Enter asks";
  at("keys").hidden = false;
  editor = {
    write(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    mark(line, column) {
      if (line > view.state.doc.lines) return;
      const where = view.state.doc.line(line);
      const anchor = Math.min(where.from + Math.max(column - 1, 0), where.to);
      view.dispatch({ effects: marking.of(where.from), selection: { anchor }, scrollIntoView: true });
    },
  };

  /** Type over several lines here: the browser would keep their style in an attribute, which the policy refuses. */
  function replace(event, { state }) {
    const { from, to } = state.selection.main;
    const lines = state.doc.lineAt(to).number - state.doc.lineAt(from).number;
    if (event.inputType !== "insertText" || !event.data || !lines) return false;
    const insert = () => state.update(state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    event.preventDefault();
    if (!state.facet(EditorView.inputHandler).some((each) => each(view, from, to, event.data, insert))) view.dispatch(insert());
    return true;
  }

  /** Declare a prefix of ours as soon as its colon is typed. */
  function declare({ state }) {
    const { head } = state.selection.main;
    const typed = state.sliceDoc(Math.max(0, head - 60), head).match(/(?:^|[\s(,;|/^!{.])([A-Za-z][\w.-]*:)$/);
    const before = state.doc.lineAt(head).text.slice(0, head - state.doc.lineAt(head).from);
    if (!typed || /^\s*PREFIX\s/i.test(before) || !outside(cm, { state, pos: head })) return;
    const line = declaration(state.doc.toString(), typed[1]);
    if (line) queueMicrotask(() => view.dispatch({ changes: line, userEvent: "input.declare" }));
  }
}

function theme(EditorView) {
  const mono = 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace';
  const box = { backgroundColor: "var(--field)", color: "var(--ink)", border: "1px solid var(--soft)", borderRadius: ".3rem" };
  return EditorView.theme(
    {
      "&": { ...box, borderRadius: ".4rem", fontSize: ".9rem", minHeight: "12rem", maxHeight: "34rem" },
      "&:focus-within": { outline: "3px solid var(--accent)", outlineOffset: "2px" },
      ".cm-scroller": { fontFamily: mono, lineHeight: "1.55", overflow: "auto" },
      ".cm-content": { padding: ".6rem 0", caretColor: "var(--ink)" },
      ".cm-gutters": { backgroundColor: "transparent", color: "var(--soft)", border: "none" },
      ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
      "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { backgroundColor: "var(--code-chosen) !important" },
      "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--code-chosen)", outline: "1px solid var(--soft)" },
      ".cm-wrong": { backgroundColor: "var(--fault-ground)", boxShadow: "inset .25rem 0 var(--fault)" },
      ".cm-tooltip": box,
      ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxHeight: "none", minWidth: "min(22rem, 80vw)" },
      ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".25rem .6rem", lineHeight: "1.4" },
      ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
      ".cm-completionDetail": { fontStyle: "normal", color: "var(--soft)" },
      "li[aria-selected] .cm-completionDetail": { color: "inherit" },
      ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
      ".cm-tooltip.cm-completionInfo": { padding: ".5rem .7rem", maxWidth: "22rem", fontSize: ".95em" },
    },
    { dark: matchMedia("(prefers-color-scheme: dark)").matches },
  );
}

/** Take a query from the part of the address that is not sent: it is to be read, and not asked yet. */
function handed() {
  const text = new URLSearchParams(location.hash.slice(1)).get("query");
  if (text !== null) (editor?.write ?? ((given) => (area.value = given)))(text);
}

findable();
enhance(at("answer"));
handed();
addEventListener("hashchange", handed);
await edit();
mark(at("answer"));
