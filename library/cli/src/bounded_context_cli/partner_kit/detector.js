// The detection of a refused file's format from its beginning, as the import detects it.

const HEAD = 65536, SAMPLE = 100, CONTROL = /[\x00-\x08]/, NO_NAME = /^(?:[0-9.,/+-]*|.*[\][<>{}].*)$/s;
const LINES = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const isKnown = (name) => FORMAT.columns.some((column) => column.name === name);

function isText(data) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(data, { stream: true });
    return true;
  } catch {
    return false;
  }
}

// Returns the encoding that bytes show, or the agreed encoding.
function guessed(data) {
  const expected = FORMAT.file.encoding, mark = marked(data);
  if (mark) return mark.slice(0, 6);
  const text = new TextDecoder("utf-8").decode(data, { stream: true });
  if (isText(data)) return expected === "utf-16" || isOther(text) ? "utf-8" : expected;
  if (isOther(text.replaceAll("\ufffd", "")) || !expected.startsWith("utf") || CONTROL.test(text)) return expected;
  return data.some((byte) => UNDEFINED.includes(byte)) ? "latin-1" : "windows-1252";
}

function textOf(data, encoding) {
  if (encoding === "latin-1") return Array.from(data, (byte) => String.fromCharCode(byte)).join("");
  return new TextDecoder(encoding === "utf-16" ? marked(data) || "utf-16le" : encoding).decode(data, { stream: true });
}

// Returns the object in a line, whose numbers are texts as they are written, or null.
function members(line) {
  try {
    const found = JSON.parse(line, (_, value, context) => (typeof value === "number" ? context?.source ?? String(value) : value));
    return found && typeof found === "object" && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

// Returns the cells of a line, also of a line that breaks the rules of quoting.
function cellsOf(line, delimiter) {
  const cells = [];
  let cell = "", state = "field";
  for (const found of line) {
    if (state === "quoted") { if (found === '"') state = "quote"; else cell += found; }
    else if (found === delimiter) { cells.push(cell); cell = ""; state = "field"; }
    else if (state === "quote" && found === '"') { cell += found; state = "quoted"; }
    else if (state === "field" && found === '"') state = "quoted";
    else { cell += found; state = "text"; }
  }
  return [...cells, cell];
}

function delimiterOf(first) {
  const qualities = Object.keys(FORMAT.formats.delimiter).map((delimiter) => {
    const cells = cellsOf(first, delimiter);
    return [delimiter, cells.filter((cell) => isKnown(columnOf(cell))).length, cells.length, Number(delimiter === FORMAT.file.delimiter)];
  });
  return qualities.sort((one, other) => other[1] - one[1] || other[2] - one[2] || other[3] - one[3])[0][0];
}

// Returns the cells of an object in the order of the columns, or null if its line would be rejected.
function objectCells(line) {
  const cells = new Map(), texts = { boolean: String, string: (text) => (text.isWellFormed?.() ?? true ? text : null) };
  for (const [name, value] of Object.entries(members(line) ?? { "": "" })) {
    const column = columnOf(name), text = value === null ? "" : texts[typeof value]?.(value) ?? null;
    if (!isKnown(column) || cells.has(column) || text === null) return null;
    cells.set(column, text);
  }
  return FORMAT.columns.map((column) => cells.get(column.name) ?? "");
}

function* objects(bytes) {
  for (const [number, line, others] of numberedLines(bytes)) {
    if (characters(line) > MOST_CHARACTERS) throw new Unreadable("", "list-record", number);
    checkLine(line, number, others);
    if (line.replace(MARGIN, "")) yield [number, line];
  }
}

// Returns the names and the cells of the first records. The last line may be cut, and a later line may be wrong.
function sample(text, actual) {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1) || text, found = [], isTable = actual.kind === "csv";
  FILE = { ...actual, encoding: "utf-8" };
  try {
    for (const [, record] of (isTable ? records : objects)(new TextEncoder().encode(whole))) {
      if (found.push(record) > SAMPLE) break;
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  } finally {
    FILE = FORMAT.file;
  }
  if (isTable || !found.length) return [found[0] ?? [], found.slice(1)];
  return [Object.keys(members(found[0]) ?? {}), found.map(objectCells).filter(Boolean)];
}

function otherNames(names, columns, rows, noun) {
  const unknown = columns.map((name, place) => [name, `${noun} ${place + 1}`, names[place]]).filter(([name]) => !isKnown(name));
  const missing = FORMAT.columns.filter((column) => column.required && !columns.includes(column.name)), most = FORMAT.columns.length;
  const fits = !rows.length || rows.some((row) => row.length === names.length || row.length === most);
  const translated = missing.length && missing.length <= unknown.length && unknown.length <= most && fits;
  return translated && !unknown.some(([, , name]) => NO_NAME.test(name)) ? unknown.map(([, place]) => place) : [];
}

function valuesOf(type, columns, rows) {
  const places = FORMAT.columns.filter((column) => column.type === type && columns.includes(column.name)).map((column) => columns.indexOf(column.name));
  return rows.filter((row) => row.length === columns.length).flatMap((row) => places.map((place) => row[place])).filter(Boolean);
}

function allDays(values, form) {
  const pattern = dayIn(form);
  return values.every((value) => {
    const { YYYY, MM, DD } = value.match(pattern)?.groups ?? {};
    return YYYY !== undefined && isDay(Number(YYYY), Number(MM), Number(DD));
  });
}

function* notations(columns, rows) {
  const numbers = valuesOf("decimal", columns, rows), days = valuesOf("date", columns, rows);
  const [form, mark] = FORMAT.file.decimal === "." ? [/^[+-]?[0-9]+(,[0-9]+)?$/, ","] : [/^[+-]?[0-9]+(\.[0-9]+)?$/, "."];
  if (numbers.some((value) => value.includes(mark)) && numbers.every((value) => form.test(value))) yield FORMAT.formats.decimal[mark];
  const forms = days.length && !allDays(days, FORMAT.file.date) ? FORMAT.days.filter((other) => allDays(days, other)) : [];
  if (forms.length) yield FORMAT.formats.date.replace("{}", forms.join(" or "));
}

// Yields a sentence for each difference of a file from the agreed format. `shown` is the encoding that a line shows.
function* differences(bytes, shown) {
  const { formats } = FORMAT, data = bytes.subarray(0, HEAD), encoding = guessed(data), text = textOf(data, encoding);
  if (shown) yield formats.encoding[shown];
  if (!text || CONTROL.test(text) || COMPRESSED[bytes.subarray(0, 2).join()]) return;
  const first = text.split(LINES).find((line) => line.replace(MARGIN, "")) ?? "";
  const kind = members(first) || first.startsWith('{"') ? "json-lines" : "csv", isTable = kind === "csv";
  const actual = { ...FORMAT.file, encoding, kind, delimiter: isTable ? delimiterOf(first) : FORMAT.file.delimiter };
  const [names, rows] = sample(text, actual), columns = names.map(columnOf);
  const others = otherNames(names, columns, rows, isTable ? "column" : "member");
  if (!others.length && !columns.some(isKnown)) return;
  if (!isTable) yield formats.kind[kind];
  if (isTable && actual.delimiter !== FORMAT.file.delimiter) yield formats.delimiter[actual.delimiter];
  if (!shown && encoding !== FORMAT.file.encoding) yield formats.encoding[encoding];
  if (others.length) yield formats.header.replace("{}", others.join(", "));
  yield* notations(isTable ? columns : FORMAT.columns.map((column) => column.name), rows);
}

function formatLines(bytes, shown = "") {
  return [...differences(bytes, marked(bytes) ? "" : shown)].map((sentence) => ["", "", sentence, "list-format"]);
}
