// Takes pictures of pages for people to look at.
//
//   node screenshots.mjs OUTPUT PAGE|FOLDER...
//
// Writes OUTPUT/NAME-1280.png, OUTPUT/NAME-390.png of each page, whole, and OUTPUT/NAME.pdf as the first prints.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { WIDTHS, launch, pages } from "./browser.mjs";

const [output, ...paths] = process.argv.slice(2);
if (!output || paths.length === 0) {
  console.error("usage: node screenshots.mjs OUTPUT PAGE|FOLDER...");
  process.exit(2);
}
const found = pages(paths);
mkdirSync(output, { recursive: true });
const flat = (name) => name.replace(/\.html$/, "").replaceAll(/[/\\]/g, "-");

const browser = await launch();
for (const width of WIDTHS) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, deviceScaleFactor: width < 600 ? 2 : 1, colorScheme: "light", locale: "en-GB" });
  const page = await context.newPage();
  for (const { file, name } of found) {
    await page.goto(pathToFileURL(file).href);
    const picture = join(output, `${flat(name)}-${width}.png`);
    await page.screenshot({ path: picture, fullPage: true });
    console.log(picture);
  }
  await context.close();
}
const page = await browser.newPage();
await page.goto(pathToFileURL(found[0].file).href);
const print = join(output, `${flat(found[0].name)}.pdf`);
await page.pdf({ path: print, format: "A4", printBackground: true, preferCSSPageSize: true });
console.log(print);
await browser.close();
