// Somebody at a browser. Every page that they come to is looked at: what axe says by day and in the dark, whether it
// fits the window, what the browser complains about, and where it asks for anything.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { require } from "../browser.mjs";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
/** The rules of axe that look at colours: all that differs in the dark. */
const IN_COLOURS = ["color-contrast", "link-in-text-block"];
/** How long anything may take; far more than it does. */
const PATIENCE = 30_000;
const oneLine = (text) => text.replaceAll(/\s+/g, " ").trim();

/** What the page itself says, without the browser's opinion of it. */
function facts() {
  const root = document.scrollingElement;
  const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
  return {
    headings: document.querySelectorAll("h1").length,
    overflow: root.scrollWidth - window.innerWidth,
    scripts: document.scripts.length + document.querySelectorAll("[style]").length,
    title: document.title.trim(),
    widest: wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 100)),
  };
}

/** A tour of the site at one width: its findings, how many pages were seen, where the pictures go. */
export class Tour {
  constructor(browser, { address, width, pictures }) {
    Object.assign(this, { browser, address, width, pictures, findings: [], seen: 0 });
    if (pictures) mkdirSync(pictures, { recursive: true });
  }

  /** Somebody with a browser of their own. */
  async visitor(name) {
    const context = await this.browser.newContext({ viewport: { width: this.width, height: 900 }, colorScheme: "light", locale: "en-GB" });
    context.setDefaultTimeout(PATIENCE);
    const visitor = new Visitor(this, name, context, await context.newPage());
    await visitor.listen();
    return visitor;
  }
}

export class Visitor {
  constructor(tour, name, context, page) {
    Object.assign(this, { tour, name, context, page, expected: 200 });
  }

  /** Something that is wrong, said with who met it where. */
  note(text) {
    const place = this.page.url().replace(this.tour.address, "");
    this.tour.findings.push(oneLine(`${this.name} at ${place} (${this.tour.width} px): ${text}`));
  }

  /** Notes what the browser complains about, and what is asked of anybody but the site. */
  async listen() {
    const home = new URL(this.tour.address).host;
    await this.context.route("**/*", (route) => {
      const url = new URL(route.request().url());
      if (url.protocol === "data:" || url.host === home) return route.continue();
      this.note(`asks for ${url.href}; a page brings all that it shows`);
      return route.abort();
    });
    this.page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      // The browser says it of every page that is answered with another status than 2xx, also where it is right.
      const isExpected = this.expected !== 200 && message.text().includes(`status of ${this.expected}`);
      if (!isExpected) this.note(`console ${message.type()}: ${message.text()}`);
    });
    this.page.on("pageerror", (error) => this.note(`script error: ${error.message}`));
    this.page.on("requestfailed", (request) => this.note(`cannot load ${request.url()}`));
  }

  /** Does what leads to another page, and looks at that. */
  async leads(act, { status = 200 } = {}) {
    this.expected = status;
    const [response] = await Promise.all([this.page.waitForNavigation({ waitUntil: "load" }), act()]);
    if (response && response.status() !== status) throw new Error(`${this.page.url()} is answered with ${response.status()}, not ${status}`);
    await this.look();
  }

  /** Opens an address of the site. */
  async open(path, options) {
    await this.leads(() => this.page.goto(this.tour.address + path), options);
  }

  /** Follows a link to another page. */
  async follow(name, { within = "body", ...options } = {}) {
    await this.leads(() => this.page.locator(within).getByRole("link", { name }).first().click(), options);
  }

  /** Presses a button that sends a form. */
  async press(name, { within = "body", ...options } = {}) {
    await this.leads(() => this.page.locator(within).getByRole("button", { name }).click(), options);
  }

  /** Unfolds the forms behind a summary. */
  async unfold(name, within = "main") {
    const summary = this.page.locator(within).locator("summary", { hasText: name });
    await summary.click();
  }

  async fill(label, text, within = "main") {
    await this.page.locator(within).getByLabel(label).fill(text);
  }

  /** Chooses the first option whose label has this in it. */
  async choose(label, text, within = "main") {
    const select = this.page.locator(within).getByLabel(label);
    const value = await select.locator("option", { hasText: text }).first().getAttribute("value");
    await select.selectOption(value);
  }

  /** All that the page shows, on one line. */
  async text() {
    return oneLine(await this.page.locator("body").innerText());
  }

  /** The page shows each of these texts, or the tour ends here. */
  async reads(...texts) {
    const shown = await this.text();
    for (const text of texts) {
      const is = text instanceof RegExp ? text.test(shown) : shown.includes(text);
      if (!is) throw new Error(`${this.page.url()} does not say ${text}, but: ${shown.slice(0, 1500)}`);
    }
  }

  async readsNot(text) {
    const shown = await this.text();
    if (shown.includes(text)) throw new Error(`${this.page.url()} says ${text}: ${shown.slice(0, 1500)}`);
  }

  async signIn(mail, password, options) {
    await this.fill("Mail address", mail);
    await this.fill("Password", password);
    await this.press("Sign in", options);
  }

  async signOut() {
    await this.press("Sign out");
    await this.reads("You are signed out.", "Mail address");
    await this.context.close();
  }

  /** Looks at the page as it stands. */
  async look() {
    this.tour.seen += 1;
    const seen = await this.page.evaluate(facts);
    if (seen.title === "") this.note("has no title");
    if (seen.headings !== 1) this.note(`has ${seen.headings} h1; a page has one`);
    if (seen.scripts > 0) this.note("has scripts or styles of its own; the policy of contents does not let them work");
    if (seen.overflow > 0) this.note(`is ${seen.overflow} px wider than the window: ${seen.widest.join(" ")}`);
    await this.page.evaluate(axe);
    await this.complaints({}, "");
    await this.page.emulateMedia({ colorScheme: "dark" });
    await this.complaints({ runOnly: { type: "rule", values: IN_COLOURS } }, "in dark mode, ");
    await this.page.emulateMedia({ colorScheme: "light" });
  }

  /** What axe holds against the page: also in the forms that are folded, which are unfolded by whoever needs them. */
  async complaints(options, when) {
    const run = (options) => window.axe.run(document, { resultTypes: ["violations"], preload: false, ...options });
    const { violations } = await this.page.evaluate(run, options);
    for (const violation of violations.filter(({ impact }) => impact === "serious" || impact === "critical")) {
      const places = violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" ");
      this.note(`${when}${violation.impact}: ${violation.help} (${violation.id}), ${violation.nodes.length} times: ${places}`);
    }
  }

  /** A picture of the whole page, for people to look at; one in the dark beside it where asked. */
  async picture(name, { dark = false } = {}) {
    if (!this.tour.pictures) return;
    const take = (name) => this.page.screenshot({ path: join(this.tour.pictures, `${name}-${this.tour.width}.png`), fullPage: true });
    await take(name);
    if (!dark) return;
    await this.page.emulateMedia({ colorScheme: "dark" });
    await take(`${name}-dark`);
    await this.page.emulateMedia({ colorScheme: "light" });
  }
}
