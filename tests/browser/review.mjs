// Reviews a month in the browser, as the people of the made-up company of `tests/browser/review/company.rs` do.
//
//   node review.mjs STORY
//
// STORY is JSON: the `address` of the site, the `width` of the window, everybody's `password`, the billing periods
// `month` and `before`, `by_keyboard` where one accepts without a mouse, and where the `pictures` go.
// Exits with 1 and one line for each finding.

import { launch } from "./browser.mjs";
import { Tour } from "./review/visitor.mjs";
import { accepts, acceptsByKeyboard, asks, disputes, readsAndDisputes, seesTheRevision } from "./review/owners.mjs";
import { answers, agrees, looksOn, posts, promotes, resolves } from "./review/after.mjs";

const story = JSON.parse(process.argv[2] ?? "null");
if (!story?.address) {
  console.error("usage: node review.mjs STORY, as JSON");
  process.exit(2);
}

/** A month of review. Each step signs in, does its part and signs out. */
const STEPS = [
  accepts,
  story.by_keyboard && acceptsByKeyboard,
  disputes,
  readsAndDisputes,
  asks,
  answers,
  resolves,
  seesTheRevision,
  promotes,
  agrees,
  posts,
  looksOn,
].filter(Boolean);

const browser = await launch();
const tour = new Tour(browser, story);
let failed = false;
for (const step of STEPS) {
  try {
    await step(tour, story);
  } catch (error) {
    // What comes after relies on it.
    console.log(`${step.name} (${tour.width} px): ${error.message}`);
    failed = true;
    break;
  }
}
await browser.close();

for (const finding of new Set(tour.findings)) console.log(finding);
console.log(`${tour.seen} pages at ${tour.width} px: ${tour.findings.length === 0 ? "nothing found" : `${tour.findings.length} findings`}`);
process.exit(failed || tour.findings.length > 0 ? 1 : 0);
