// Checks pages as their readers meet them, at a desk and on a phone, by day and in dark mode.
//
//   node check.mjs PAGE|FOLDER...
//
// Exits with 1 and one line for each finding, with 2 where it could not check.

import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
import { WIDTHS, launch, pages, require } from "./browser.mjs";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const findings = [];
/** The rules of axe that look at colours. */
const IN_COLOURS = ["color-contrast", "link-in-text-block"];
const oneLine = (text) => text.replaceAll(/\s+/g, " ").trim();

/** Opens a page and notes what it asks for beyond files and what it complains about. */
async function open(browser, file, options, note) {
  const context = await browser.newContext({ colorScheme: "light", locale: "en-GB", ...options });
  await context.route("**/*", (route) => {
    const url = route.request().url();
    if (/^(file|data|about):/.test(url)) return route.continue();
    note(`asks for ${url}; a page brings all that it shows`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") note(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => note(`script error: ${error.message}`));
  page.on("requestfailed", (request) => {
    if (request.url().startsWith("file:")) note(`cannot load ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  return { context, page };
}

/** What the page itself says, without the browser's opinion of it. */
function facts() {
  const root = document.scrollingElement;
  const limit = root.clientWidth;
  const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > limit + 1);
  return {
    headings: document.querySelectorAll("h1").length,
    inlineHandlers: [...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith("on")),
    overflow: root.scrollWidth - window.innerWidth,
    scripts: document.scripts.length,
    title: document.title.trim(),
    viewport: document.querySelector("meta[name=viewport]") !== null,
    widest: wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 100)),
  };
}

const mainText = () => (document.querySelector("main") ?? document.body).innerText;

/** What axe holds against a page as it stands. */
async function complaints(page, options, note) {
  const { violations } = await page.evaluate((options) => window.axe.run(document, { resultTypes: ["violations"], ...options }), options);
  for (const violation of violations.filter(({ impact }) => impact === "serious" || impact === "critical")) {
    const places = violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" ");
    note(`${violation.impact}: ${violation.help} (${violation.id}), ${violation.nodes.length} times: ${places}`);
  }
}

async function check(browser, file, name, width) {
  const note = (text) => findings.push(`${name} (${width} px): ${text}`);
  const { context, page } = await open(browser, file, { viewport: { width, height: 900 } }, note);
  const seen = await page.evaluate(facts);
  if (seen.title === "") note("has no title");
  if (seen.headings !== 1) note(`has ${seen.headings} h1; a page has one`);
  if (!seen.viewport) note("has no meta viewport; a phone shows it tiny");
  if (seen.scripts > 0) note(`has ${seen.scripts} script elements; pages work without`);
  if (seen.inlineHandlers.length > 0) note(`has event handlers: ${[...new Set(seen.inlineHandlers)].join(", ")}`);
  if (seen.overflow > 0) note(`is ${seen.overflow} px wider than the window: ${seen.widest.join(" ")}`);

  await page.evaluate(axe);
  await complaints(page, {}, note);
  await page.emulateMedia({ colorScheme: "dark" });
  // Nothing but colours differs in the dark; all else would only be said twice.
  await complaints(page, { runOnly: { type: "rule", values: IN_COLOURS } }, (text) => note(`in dark mode, ${text}`));
  const text = await page.evaluate(mainText);
  await context.close();
  return text;
}

const found = pages(process.argv.slice(2));
const browser = await launch();
for (const { file, name } of found) {
  for (const width of WIDTHS) {
    const text = await check(browser, file, name, width);
    const note = (text) => findings.push(`${name} (${width} px, no JavaScript): ${text}`);
    const plain = await open(browser, file, { viewport: { width, height: 900 }, javaScriptEnabled: false }, () => {});
    if ((await plain.page.evaluate(mainText)) !== text) note("reads differently");
    if (text.trim() === "") note("says nothing");
    await plain.context.close();
  }
}
await browser.close();

for (const finding of findings) console.log(oneLine(finding));
console.log(`${found.length} pages at ${WIDTHS.join(" and ")} px: ${findings.length === 0 ? "nothing found" : `${findings.length} findings`}`);
process.exit(findings.length === 0 ? 0 : 1);
