// Somebody without a mouse.

/** What has the focus, how it is shown, and whether it can be seen. */
function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  // Of a link that goes on in the next line, its first line.
  const [box] = element.getClientRects();
  const middle = box && document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {
    name: (element.innerText || element.getAttribute("aria-label") || element.id || element.tagName).trim(),
    html: element.outerHTML.slice(0, 120),
    hasOutline: outlineStyle !== "none" && parseFloat(outlineWidth) > 0,
    isSeen: Boolean(middle) && element.contains(middle),
  };
}

/** Most stops of a page: more than any has. */
const MOST_STOPS = 200;

/** Goes on with Tab until something of this name has the focus. Wherever the focus stops, it can be seen. */
export async function tabTo(visitor, name) {
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await visitor.page.keyboard.press("Tab");
    const at = await visitor.page.evaluate(focused);
    if (at === null) continue;
    if (!at.hasOutline) visitor.note(`the focus cannot be told: ${at.html}`);
    if (!at.isSeen) visitor.note(`the focus is on what cannot be seen: ${at.html}`);
    if (name instanceof RegExp ? name.test(at.name) : at.name === name) return;
  }
  throw new Error(`${visitor.page.url()}: Tab does not come to ${name}`);
}

/** Presses a key that leads to another page. */
export async function leave(visitor, key, options) {
  await visitor.leads(() => visitor.page.keyboard.press(key), options);
}

/** What is in the field that has the focus: people type where a page puts them. */
export async function type(visitor, label, text) {
  const id = await visitor.page.evaluate(() => document.activeElement?.labels?.[0]?.innerText ?? "");
  if (id.trim() !== label) throw new Error(`${visitor.page.url()}: the focus is on \`${id}\`, not on ${label}`);
  await visitor.page.keyboard.type(text);
}
