// One tile of the wall, made from its template and kept up to date. Words come from the page, so both languages look the same.

const MOST_SIGNALS = 3;

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function drawn(sprite, name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

function withIcon(tag, sprite, name, text) {
  const element = document.createElement(tag);
  element.append(drawn(sprite, name), text);
  return element;
}

function signals(tile, { texts, icons, severity, addresses }) {
  return tile.signals.slice(0, MOST_SIGNALS).map((signal) => {
    const parts = [texts.kinds[signal.kind] ?? signal.kind];
    if (signal.count > 1) parts.push(` ${fill(texts.count, { n: signal.count })}`);
    if (!signal.now) parts.push(` ${texts.ended}`);
    const tag = withIcon("span", addresses.sprite, icons[signal.kind] ?? "flag", parts.join(""));
    tag.className = `tag ${severity[signal.severity]}${signal.now ? "" : " past"}`;
    const item = document.createElement("li");
    item.append(tag);
    return item;
  });
}

function picture(element, tile, { texts, addresses }) {
  const box = element.querySelector(".tile-picture");
  const image = box.querySelector("img");
  if (tile.frame === null) {
    const why = texts.noPicture[tile.camera ? "camera" : tile.route === "camera" ? "focus" : tile.route];
    const blank = document.createElement("span");
    blank.className = "tile-blank";
    const said = document.createElement("span");
    said.textContent = why;
    blank.append(drawn(addresses.sprite, "user"), said);
    box.replaceChildren(blank);
  } else if (!image) {
    const made = document.createElement("img");
    made.alt = "";
    made.width = 320;
    made.height = 240;
    box.replaceChildren(made);
  }
  if (tile.frame !== null) element.dataset.frame = String(tile.frame); else delete element.dataset.frame;
}

function deeds(element, tile) {
  const list = element.querySelector('[data-cell="deeds"]');
  if (list.dataset.state === tile.state) return;
  list.dataset.state = tile.state;
  list.replaceChildren(document.querySelector(`template[data-deeds="${tile.state}"]`).content.cloneNode(true));
  for (const link of list.querySelectorAll("a")) link.href = link.getAttribute("href").replace("/sittings/0/", `/sittings/${tile.id}/`);
}

function notes(element, tile, { texts, addresses, accommodations }) {
  const said = [];
  if (tile.locked) {
    const link = withIcon("a", addresses.sprite, "lock", texts.unlock);
    link.href = addresses.watch.replace("/0/", `/${tile.id}/`);
    said.push(link);
  }
  if (tile.unread) said.push(withIcon("span", addresses.sprite, "send", fill(texts.unread, { n: tile.unread })));
  if (tile.granted.length) said.push(withIcon("span", addresses.sprite, "info", tile.granted.map((each) => accommodations[each] ?? each).join(texts.comma)));
  if (tile.muted.length) said.push(withIcon("span", addresses.sprite, "eye-off", fill(texts.muted, { list: fill(texts.items, { n: tile.muted.length }) })));
  element.querySelector('[data-cell="notes"]').replaceChildren(...said);
}

/** Write what a tile says; only what differs is touched, so that nothing flickers. */
export function updateTile(element, tile, data) {
  const { texts, addresses, bands } = data;
  const known = JSON.parse(element.dataset.known ?? "{}");
  const differs = (...names) => names.some((name) => JSON.stringify(known[name]) !== JSON.stringify(tile[name]));
  element.className = `tile ${bands[tile.rank]}`;
  if (differs("name")) {
    element.querySelector('[data-cell="name"]').textContent = tile.name;
    element.querySelector(".tile-look").href = addresses.sitting.replace("/0", `/${tile.id}`);
    element.querySelector("summary").setAttribute("aria-label", fill(texts.handle, { name: tile.name }));
  }
  if (differs("rank")) element.querySelector('[data-cell="why"]').textContent = texts.why[tile.rank];
  if (differs("line")) {
    const shown = element.querySelector('[data-cell="line"]');
    shown.className = `line-${tile.line}`;
    shown.replaceChildren(drawn(addresses.sprite, tile.line === "lost" ? "wifi-off" : "circle"), texts.lines[tile.line]);
  }
  if (differs("room")) element.querySelector('[data-cell="room"]').textContent = fill(texts.room, { n: tile.room });
  if (differs("signals")) element.querySelector('[data-cell="signals"]').replaceChildren(...signals(tile, data));
  if (differs("locked", "unread", "muted", "granted")) notes(element, tile, data);
  if (differs("frame", "camera", "route")) picture(element, tile, data);
  deeds(element, tile);
  element.dataset.known = JSON.stringify(tile);
}

/** The element of a sitting that has just come. */
export function createTile(tile, data) {
  const element = document.getElementById("tile-template").content.firstElementChild.cloneNode(true);
  element.dataset.tile = String(tile.id);
  updateTile(element, tile, data);
  return element;
}
