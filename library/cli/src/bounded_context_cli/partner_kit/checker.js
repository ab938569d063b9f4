// The check of a list in a browser, by the description FORMAT. Tests compare its results with those of the import.

const CHUNK = 8192, ORDER = 4096, MOST_CHARACTERS = 65536, MOST_CELLS = 1000, MOST_LINES = 10000;
const SPACE = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const MARGIN = new RegExp(`^${SPACE}|${SPACE}$`, "g");
const BOOLEANS = new Set(["0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"]);

const UNDEFINED = [0x81, 0x8d, 0x8f, 0x90, 0x9d];  // Bytes that are no text in windows-1252.
const COMPRESSED = { "31,139": "compressed with gzip", "80,75,3,4": "a ZIP archive or an Excel workbook" };
const dayIn = (form) => new RegExp(`^${form.replaceAll(".", "\\.").replace(/YYYY|MM|DD/g, (part) => `(?<${part}>[0-9]{${part.length}})`)}$`);
const DAY = dayIn(FORMAT.file.date);
const MARK = "\ufeff";
let FILE = FORMAT.file;  // The format in which bytes are read: the detection reads in other formats.

const isDay = (year, month, day) => year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000 + year % 400, month, 0)).getUTCDate();

// The checks of a type, beyond its pattern and its length.
const KINDS = {
  bool: (text) => BOOLEANS.has(text.toLowerCase()),
  date: (text) => isDay(...text.split("-").map(Number)),
  timestamp: (text) => {
    const [year, month, day, hour, minute, second] = text.slice(0, 19).split(/[-T:]/).map(Number);
    const [, hours, minutes] = text.match(/[+-](..):(..)$/) ?? [0, 0, 0];
    return isDay(year, month, day) && hour < 24 && minute < 60 && second < 60 && hours < 24 && minutes < 60;
  },
};

FORMAT.columns.forEach((column) => { if (column.pattern) column.pattern = new RegExp(column.pattern, "u"); });

// `encoding` is the encoding that the line of the fault shows.
class Unreadable extends Error {
  constructor(reason, code, line = "", encoding = "") {
    super(reason);
    Object.assign(this, { code, line, encoding });
  }
}

const characters = (text) => text.length - (text.match(/[\ud800-\udbff]/g) || []).length;

const quoted = (text) => JSON.stringify(characters(text) > 40 ? [...text].slice(0, 40).join("") + "..." : text);

const ends = (text) => (text.match(/\r\n|\r|\n/g) || []).length;

// Returns the encoding that the first bytes show, as browsers name it; or an empty text.
function marked(bytes) {
  const [one, two, three] = bytes, zeros = [...bytes.subarray(0, 4)].map((byte) => Number(byte === 0)).join("");
  if (one === 0xef && two === 0xbb && three === 0xbf) return "utf-8";
  if (one === 0xff && two === 0xfe) return "utf-16le";
  if (one === 0xfe && two === 0xff) return "utf-16be";
  if (FILE.encoding !== "utf-16") return { "0101": "utf-16le", "1010": "utf-16be" }[zeros] ?? "";
  // The separators and line ends show the order of the bytes, also next to letters outside of Latin-1.
  const count = (odd) => bytes.subarray(0, ORDER).reduce((sum, byte, place) => sum + Number(byte === 0 && place % 2 === odd), 0);
  return count(0) > count(1) ? "utf-16be" : count(1) > count(0) ? "utf-16le" : "";
}

// A file with bytes that are no text, after the bytes `before` of the same chunk, in the line with the bytes `line`.
// `ends` counts the line ends between the last line and the bytes.
class Undecodable extends Error {
  constructor(chunk, place, lineEnds) {
    super();
    const from = chunk.lastIndexOf(10, place - 1) + 1, to = chunk.indexOf(10, place);
    Object.assign(this, { ends: lineEnds, before: chunk.subarray(0, place), line: chunk.subarray(place ? from : 0, to < 0 ? chunk.length : to) });
  }
}

function* decoded(bytes, name) {
  const decoder = new TextDecoder(name, { fatal: true });
  let from = 0;
  try {
    for (; from < bytes.length; from += CHUNK) yield decoder.decode(bytes.subarray(from, from + CHUNK), { stream: true });
    yield decoder.decode();
  } catch {
    throw new Undecodable(...foreign(bytes, from, name));
  }
}

// Returns the chunk of bytes that are no text, their place in it, and the line ends before them.
function foreign(bytes, from, name) {
  const decoder = new TextDecoder(name, { fatal: true }), mark = !from && name === "utf-8" && marked(bytes) ? 3 : 0;
  const chunk = bytes.subarray(from + mark, from + CHUNK);
  let text = "", place = 0, start = 0;
  try {
    decoder.decode(bytes.subarray(0, from), { stream: true });
    for (; place < chunk.length; place += 1) {
      const more = decoder.decode(chunk.subarray(place, place + 1), { stream: true });
      // A character begins after the last complete one.
      if (more) start = place + 1;
      text += more;
    }
  } catch { /* The text ends here. */ }
  return [chunk, start, ends(text)];
}

// Browsers read latin-1 as windows-1252.
const sign = (byte) => (FORMAT.file.encoding === "latin-1" ? String.fromCharCode(byte) : new TextDecoder("windows-1252").decode(Uint8Array.of(byte)));
const SIGNS = Array.from({ length: 256 }, (_, byte) => sign(byte));
const BYTES = new Map(SIGNS.map((text, byte) => [text, byte]));

function* singleBytes(bytes) {
  for (let from = 0; from < bytes.length; from += CHUNK) {
    const part = bytes.subarray(from, from + CHUNK), text = Array.from(part, (byte) => SIGNS[byte]).join("");
    const wrong = FORMAT.file.encoding === "latin-1" ? -1 : part.findIndex((byte) => UNDEFINED.includes(byte));
    if (wrong >= 0) throw new Undecodable(part, wrong, ends(text.slice(0, wrong)));
    yield text;
  }
}

function texts(bytes) {
  const { encoding } = FILE, found = marked(bytes);
  if (found && found.slice(0, 6) !== encoding.slice(0, 6)) throw new Unreadable(`the file is ${found.toUpperCase()} text: save it as ${encoding.toUpperCase()}`, "list-encoding");
  if (encoding === "utf-16" && !found) throw new Unreadable("the file is not UTF-16 text", "list-encoding");
  return encoding.startsWith("utf") ? decoded(bytes, found || encoding) : singleBytes(bytes);
}

function isUtf8(line) {
  try {
    return Boolean(new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(line, (text) => BYTES.get(text))));
  } catch {
    return false;
  }
}

// `others` is whether a line before is not ASCII.
function checkLine(line, number, others) {
  const { encoding } = FILE;
  if (line.includes(MARK)) throw new Unreadable("a byte order mark is inside the file: was it joined from several files?", "list-byte-order-mark", number);
  if (!encoding.startsWith("utf") && isOther(line) && isUtf8(line)) throw new Unreadable(`the line is UTF-8 text, and not ${encoding.toUpperCase()}`, "list-encoding", number, others ? "" : "utf-8");
}

function* lines(bytes) {
  let rest = "";
  for (const text of texts(bytes)) {
    rest += text;
    let from = 0;
    // A carriage return at the end may be the first half of a line end.
    for (const { index, 0: end } of rest.matchAll(/\r\n|\n|\r(?=[^])/g)) {
      yield rest.slice(from, index + end.length);
      from = index + end.length;
    }
    rest = rest.slice(from);
    // The longest record is shorter: it ends the check here.
    if (characters(rest) > MOST_CHARACTERS) yield rest;
  }
  if (rest) yield rest;
}

const isOther = (text) => /[^\x00-\x7f]/.test(text);

// Yields the number and the text of each line, and whether a line before is not ASCII.
function* numberedLines(bytes) {
  let number = 1, others = false;
  try {
    for (const line of lines(bytes)) {
      yield [number, line, others];
      number += 1;
      others ||= isOther(line);
    }
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
    others ||= error.before.some((byte) => byte > 127);
    const shown = FILE.encoding === "utf-16" || others ? "" : guessed(error.line);
    throw new Unreadable(`the line is not ${FILE.encoding.toUpperCase()} text`, "list-encoding", number + error.ends, shown === FILE.encoding ? "" : shown);
  }
}

function* records(bytes) {
  const { delimiter } = FILE;
  let start = 1, cells = [], cell = "", state = "field", taken = 0;
  const next = () => { cells.push(cell); cell = ""; state = "field"; };
  for (const [number, line, others] of numberedLines(bytes)) {
    taken += characters(line);
    if (taken > MOST_CHARACTERS) throw new Unreadable(`a record is longer than ${MOST_CHARACTERS} characters: is a quote missing?`, "list-record", start);
    checkLine(line, number, others);
    const empty = !cells.length && !cell && state === "field" && /^[\r\n]/.test(line);
    for (const found of empty ? "" : line.replace(/[\r\n]+$/, "")) {
      if (state === "quoted") { if (found === '"') state = "quote"; else cell += found; }
      else if (found === delimiter) next();
      else if (state === "quote" && found === '"') { cell += found; state = "quoted"; }
      else if (state === "quote") throw new Unreadable("the record has text after a closing double quote", "list-quotes", start);
      else if (state === "field" && found === '"') state = "quoted";
      else { cell += found; state = "text"; }
    }
    if (state === "quoted") { cell += line.match(/[\r\n]*$/)[0]; continue; }
    if (!empty) next();
    if (cells.length > MOST_CELLS) throw new Unreadable(`a record has ${cells.length} cells, and at most ${MOST_CELLS} are read`, "list-record", start);
    if (!empty) yield [start, cells];
    [start, cells, taken] = [number + 1, [], 0];
  }
  if (state === "quoted") throw new Unreadable("the record has a double quote that is not closed", "list-quotes", start);
}

function columnOf(name) {
  const written = name.replace(MARGIN, "");
  return Object.hasOwn(FORMAT.file.header, written) ? FORMAT.file.header[written] : written;
}

function header(line, cells) {
  const names = cells.map(columnOf), known = FORMAT.columns.map((column) => column.name);
  const required = FORMAT.columns.filter((column) => column.required);
  const wrong = {
    missing: required.filter(({ name }) => !names.includes(name)).map((column) => column.written),
    unknown: names.filter((name) => !known.includes(name)),
    repeated: names.filter((name, place) => names.indexOf(name) !== place),
  };
  const found = Object.entries(wrong).filter(([, members]) => members.length).map(([fault, members]) => `${fault}: ${members.slice(0, 5).map(quoted).join(", ")}`);
  const titles = (needed) => FORMAT.columns.filter((column) => column.required === needed).map((column) => column.written).join(",");
  const may = titles(false) ? ` and may name ${titles(false)}` : "";
  if (found.length) throw new Unreadable(`columns are ${found.join("; ")}. The first line must name ${titles(true)}${may}`, "list-header", line);
  return names.map((name) => FORMAT.columns.find((column) => column.name === name));
}

// Returns the plain text of a cell. Any other text becomes a text that no column accepts.
function plain(column, text) {
  if (column.notation === "decimal") return text.replace(/[.,]/g, (mark) => (mark === "," ? "." : ","));
  const found = column.notation === "date" ? text.match(DAY) : null;
  if (found) return `${found.groups.YYYY}-${found.groups.MM}-${found.groups.DD}`;
  return column.notation === "date" && text ? `?${text}` : text;
}

function valid(column, text) {
  if (!text && !column.required) return true;
  const length = characters(text), number = Number(text);
  return (column.values === undefined || column.values.includes(text))
    && length >= (column.least ?? 0) && length <= (column.most ?? Infinity)
    && (column.pattern === undefined || column.pattern.test(text))
    && (column.kind === undefined || KINDS[column.kind](text))
    && !(number <= column.gt || number < column.ge || number >= column.lt || number > column.le);
}

function rejections(columns, line, cells, seen) {
  if (cells.length !== columns.length) return [[line, "", `the row has ${cells.length} cells, and the header has ${columns.length}`, "cells"]];
  const found = columns.flatMap((column, place) => (valid(column, plain(column, cells[place])) ? [] : [[line, column.name, `${quoted(cells[place])}: expected ${column.expected}`, "value"]]));
  const identity = cells[columns.findIndex((column) => column.name === FORMAT.identity)];
  if (found.length) return found.sort((one, other) => (one[1] < other[1] ? -1 : 1));
  if (seen.has(identity)) return [[line, FORMAT.identity, `${quoted(identity)} is on line ${seen.get(identity)} already`, "repeated"]];
  seen.set(identity, line);
  return found;
}

function checkedRows(bytes, result) {
  // Python decodes the beginning of a byte order mark as an empty text.
  if (!bytes.length || (FORMAT.file.encoding === "utf-8" && ["239", "239,187"].includes(bytes.join()))) throw new Unreadable("the file is empty", "list-empty");
  if (bytes.length > FORMAT.most_bytes) throw new Unreadable(`the file has ${bytes.length} bytes, and ${FORMAT.limit}`, "list-too-large");
  const compressed = COMPRESSED[bytes.subarray(0, 4).join()] ?? COMPRESSED[bytes.subarray(0, 2).join()];
  if (compressed) throw new Unreadable(`the file is ${compressed}: save it as text`, "list-compression");
  const found = records(bytes), first = found.next().value, seen = new Map();
  if (first === undefined) throw new Unreadable("the file is empty", "list-empty");
  const columns = header(...first);
  for (const [line, cells] of found) {
    const rejected = rejections(columns, line, cells, seen);
    result.rows += 1;
    result.rejected += rejected.length ? 1 : 0;
    result.faults += rejected.length;
    result.lines.push(...rejected.slice(0, MOST_LINES - result.lines.length));
  }
  if (!result.rows) throw new Unreadable("the file has a header and no rows", "list-empty");
}

// Returns the number of rows and of rejected rows, and the lines of the report: line, field, reason and code.
function checkList(bytes) {
  const result = { rows: 0, rejected: 0, faults: 0, lines: [], unread: false };
  try {
    checkedRows(bytes, result);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ...result, rows: 0, rejected: 0, unread: true, lines: [...formatLines(bytes, error.encoding), [error.line, "", error.message, error.code]] };
  }
  const [share, of] = FORMAT.tolerated_share, { rows, rejected } = result;
  if (result.faults > MOST_LINES) result.lines.push(["", "", `and ${result.faults - MOST_LINES} more`, ""]);
  if (rejected * of > rows * share || rejected === rows) {
    result.lines.unshift(...formatLines(bytes));
    result.lines.push(["", "", `${rejected} of ${rows} rows were rejected, and ${100 * share / of} % is tolerated`, "list-tolerance"]);
  }
  return result;
}
