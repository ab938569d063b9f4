// The page: reads the chosen file, and shows and offers the report.

const remedy = (code) => (code ? FORMAT.remedies[code] ?? FORMAT.remedies.rule : "");
const harmless = (reason) => (/^[=+\-@]/.test(reason) ? `'${reason}` : reason);
const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : String(text));

function reportOf(result) {
  const rows = result.lines.map(([line, field, reason, code]) => [line, field, harmless(reason), code, remedy(code)]);
  return [["line", "field", "reason", "code", "remedy"], ...rows].map((row) => row.map((text) => cell(String(text))).join(",")).join("\r\n") + "\r\n";
}

function show(name, result) {
  const state = document.getElementById("result"), body = document.getElementById("rejects"), link = document.getElementById("report");
  const found = result.unread ? "cannot be read as a list" : `${result.rows} rows, ${result.rejected} rejected`;
  const table = body.closest(".wide"), titles = table.querySelectorAll("thead th");
  table.hidden = !result.lines.length;
  state.textContent = `${name}: ${found}.`;
  state.className = result.lines.length ? "bad" : "good";
  body.replaceChildren(...result.lines.slice(0, 1000).map(([line, field, reason, code]) => {
    const row = document.createElement("tr");
    row.append(...[line, field, reason, code, remedy(code)].map((text, place) => {
      const shown = Object.assign(document.createElement("td"), { textContent: text });
      shown.dataset.title = titles[place].textContent;
      return shown;
    }));
    return row;
  }));
  link.hidden = false;
  link.download = `${name}.report.csv`;
  link.href = URL.createObjectURL(new Blob([reportOf(result)], { type: "text/csv" }));
}

document.getElementById("list").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file) show(file.name, checkList(new Uint8Array(await file.arrayBuffer())));
});
