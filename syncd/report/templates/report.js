// Filters, copies and exports what the page already holds; asks nothing of the network.
function changesTable(island) {
  const SLICE = 100;
  const body = document.getElementById("rows");
  const box = body.closest(".table");
  const search = document.getElementById("search");
  const action = document.getElementById("action");
  const attribute = document.getElementById("attribute");
  const shown = document.getElementById("shown");
  const tiles = [...document.querySelectorAll("a[data-part]")];
  const number = new Intl.NumberFormat("en-US");
  const others = new Set(island.others);
  const read = ([id, action, outcome, deed, part, role, attributes, failure], place) => ({
    id, action, outcome, deed, part, role, attributes, failure,
    resource: others.has(place) ? island.otherResource : island.resource,
    text: [id, deed, outcome, ...attributes.flatMap((one) => one.slice(0, 3)), ...(failure || [])]
      .join("\n").toLowerCase(),
  });
  const rows = island.rows.map(read);
  let found = rows;
  let drawn = 0;

  function matches() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return rows.filter((row) =>
      (!action.value || row.part === action.value) &&
      (!attribute.value || row.attributes.some(([name]) => name === attribute.value)) &&
      words.every((word) => row.text.includes(word)));
  }

  function value(text, head, tail, tag) {
    if (text === null) return element("span", "none", "no value");
    const letters = [...text];
    const end = letters.length - tail;
    const middle = letters.slice(head, end).join("");
    return element("code", "", letters.slice(0, head).join(""),
      ...(middle ? [element(tag, "", middle)] : []), letters.slice(end).join(""));
  }

  function updated([name, from, to, head, tail]) {
    return [element("td", "attribute", name), element("td", "from", value(from, head, tail, "del")),
      element("td", "to", value(to, head, tail, "ins"))];
  }

  function pairs(row) {
    const cell = element("td", "pairs");
    cell.colSpan = 3;
    for (const [name, from, to] of row.attributes) {
      const text = row.action === "delete" ? from : to;
      if (text === null) continue;
      cell.append(element("span", "pair", element("span", "attribute", name), " ",
        element("code", "", text)), " ");
    }
    return [cell];
  }

  function reason(failure) {
    const cell = element("td", "reason", island.marks.failed + " " + failure[0]);
    cell.colSpan = 3;
    return [cell];
  }

  function lines(row) {
    const cells = row.action === "update" ? row.attributes.map(updated) : [pairs(row)];
    if (row.failure) cells.push(reason(row.failure));
    const id = element("td", "id", element("code", "", row.id));
    const mark = element("span", "mark mark-" + row.role, island.marks[row.role] + "\uFE0E");
    mark.setAttribute("aria-hidden", "true");
    const deed = element("td", "action text-" + row.role, mark, "\u00A0" + row.deed);
    id.rowSpan = deed.rowSpan = cells.length;
    return cells.map((own, index) =>
      element("tr", index ? "" : "first", ...(index ? [] : [id, deed]), ...own));
  }

  function drawMore() {
    const slice = found.slice(drawn, drawn + SLICE);
    drawn += slice.length;
    more.before(...slice.flatMap(lines));
    nearEnd.unobserve(more);
    if (drawn < found.length) nearEnd.observe(more);
    else more.remove();
  }

  const moreButton = element("button", "", "show more");
  moreButton.type = "button";
  moreButton.addEventListener("click", drawMore);
  const moreCell = element("td", "more-rows", moreButton);
  moreCell.colSpan = 5;
  const more = element("tr", "", moreCell);
  const nearEnd = new IntersectionObserver((seen) => {
    if (seen.some((one) => one.isIntersecting)) drawMore();
  }, { root: box, rootMargin: "600px" });

  function draw() {
    found = matches();
    drawn = 0;
    body.replaceChildren(more);
    box.scrollTop = 0;
    drawMore();
    if (!found.length) {
      const cell = element("td", "empty", "No change matches.");
      cell.colSpan = 5;
      body.append(element("tr", "", cell));
    }
    shown.textContent = number.format(found.length) + " shown";
    for (const tile of tiles) {
      tile.setAttribute("aria-pressed", String(tile.dataset.part === action.value));
    }
  }

  function csv() {
    const cell = (raw) => {
      const text = raw === null || raw === undefined ? "" : String(raw);
      const safe = island.formulaStarts.includes(text[0]) ? "'" + text : text;
      return /[",\n\r]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
    };
    const written = [island.header];
    for (const row of found) {
      const head = [row.id, row.action, row.resource, row.outcome];
      const tail = row.failure ? row.failure.slice(1) : ["", "", ""];
      const attributes = row.attributes.length ? row.attributes : [["", "", ""]];
      for (const [name, from, to] of attributes) written.push([...head, name, from, to, ...tail]);
    }
    return written.map((line) => line.map(cell).join(",") + "\n").join("");
  }

  function download() {
    const link = element("a", "");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = "changes-" + island.cycle + ".csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  for (const tile of tiles) {
    tile.setAttribute("role", "button");
    const toggle = (event) => {
      event.preventDefault();
      action.value = action.value === tile.dataset.part ? "" : tile.dataset.part;
      draw();
      document.getElementById("changes").scrollIntoView({ block: "nearest" });
    };
    tile.addEventListener("click", toggle);
    tile.addEventListener("keydown", (event) => { if (event.key === " ") toggle(event); });
  }
  search.addEventListener("input", draw);
  action.addEventListener("change", draw);
  attribute.addEventListener("change", draw);
  document.getElementById("copy").addEventListener("click", (event) =>
    copy(found.map((row) => row.id).join("\n") + "\n", event.currentTarget));
  document.getElementById("csv").addEventListener("click", download);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      draw();
    }
  });
  draw();
}

const data = document.getElementById("data");
if (data) changesTable(JSON.parse(data.textContent));
