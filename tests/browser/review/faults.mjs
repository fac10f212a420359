// Shows that whoever reviews would notice: each page here has one fault, and the findings are printed.
//
//   node review/faults.mjs

import { createServer } from "node:http";
import { launch } from "../browser.mjs";
import { tabTo } from "./keyboard.mjs";
import { Tour } from "./visitor.mjs";

const page = (main, head = "<title>A page</title>") =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">${head}</head><body><main>${main}</main></body></html>`;

const STYLE = `.pale { color: #777; background: #888 } .wide { width: 1000px } .behind { position: fixed; top: 0; left: 0; z-index: -1 }
.over { position: fixed; top: 0; left: 0; width: 100%; height: 100%; margin: 0; padding: 4rem; background: inherit } .bare:focus { outline: none }
body { color: #111; background: #fff } a { color: #00c }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #111 } a { color: #9cf } .dark { color: #444 } }`;

const GOOD = "<h1>A page</h1><p><a href='/good'>Last</a></p>";
const PAGES = {
  good: page(GOOD),
  untitled: page(GOOD, ""),
  headings: page(`${GOOD}<h1>Another</h1>`),
  script: page(`${GOOD}<script>document.title = "Late"</script>`),
  style: page(`${GOOD}<p style="color: red">Red</p>`),
  pale: page(`${GOOD}<p class="pale">Pale</p>`),
  dark: page(`${GOOD}<p class="dark">Dark</p>`),
  wide: page(`${GOOD}<p class="wide">Wide</p>`),
  outside: page(`${GOOD}<img alt="logo" src="http://localhost:9/logo.png">`),
  missing: page(`${GOOD}<img alt="logo" src="/logo.png">`),
  bare: page("<h1>A page</h1><p><a class='bare' href='/good'>First</a> <a href='/good'>Last</a></p>"),
  behind: page("<h1>A page</h1><p><a class='behind' href='/good'>First</a></p><p class='over'><a href='/good'>Last</a></p>"),
};

const server = createServer((request, response) => {
  const name = request.url.slice(1);
  const policy = "default-src 'none'; style-src 'self'; img-src * data:";
  const isStyle = name === "style.css";
  const body = isStyle ? STYLE : PAGES[name];
  response.writeHead(body ? 200 : 404, { "content-type": isStyle ? "text/css" : "text/html", "content-security-policy": policy });
  response.end(body ?? "");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await launch();
const tour = new Tour(browser, { address: `http://127.0.0.1:${server.address().port}`, width: 390 });
for (const name of Object.keys(PAGES)) {
  const visitor = await tour.visitor("Somebody");
  await visitor.open(`/${name}`);
  await tabTo(visitor, "Last");
  await visitor.context.close();
}
await browser.close();
server.close();
for (const finding of tour.findings) console.log(finding);
