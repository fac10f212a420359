// Takes the picture of a page of a running site that is kept: wide, by day, from the top to below the first window.
//
//   DAYONE_PASSWORD=... node picture.mjs ADDRESS MAIL PAGE OUTPUT
//
// For example, with `dayone demo` running:
//   node picture.mjs http://127.0.0.1:8686 MAIL /invoices/2026-10/USD/GROUP shared/handlers/pictures/review.png

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { WIDTHS, launch } from "./browser.mjs";

const [address, mail, path, output] = process.argv.slice(2);
const password = process.env.DAYONE_PASSWORD;
if (!output || !password) {
  console.error("usage: DAYONE_PASSWORD=... node picture.mjs ADDRESS MAIL PAGE OUTPUT");
  process.exit(2);
}
mkdirSync(dirname(output), { recursive: true });
const browser = await launch();
const context = await browser.newContext({ viewport: { width: WIDTHS[0], height: 1100 }, colorScheme: "light", locale: "en-GB" });
const page = await context.newPage();
await page.goto(address + path);
await page.getByLabel("Mail address").fill(mail);
await page.getByLabel("Password").fill(password);
await page.getByRole("button", { name: "Sign in" }).click();
await page.waitForURL(address + path);
await page.screenshot({ path: output });
console.log(`${output}: ${await page.title()}`);
await browser.close();
