// What those do who look after all invoices: FinOps, controllers, the auditor.

const invoice = (month, group, currency = "USD") => `/invoices/${month}/${currency}/${group}`;

/** Fin answers a question. */
export async function answers(tour, { month, password }) {
  const fin = await tour.visitor("Fin");
  await fin.open(invoice(month, "web", "EUR"));
  await fin.signIn("fin@example.com", password);
  await fin.reads("What is Azure Front Door for?");
  await fin.unfold("Answer", "article:has(#question-1)");
  await fin.fill("Answer", "It stands before the shop’s pages in Europe.", "article:has(#question-1)");
  await fin.press("Answer", { within: "article:has(#question-1)" });
  await fin.reads("Your answer is there.", "It stands before the shop’s pages in Europe.");
  await fin.readsNot("waits for an answer");
  await fin.picture("answered");
  await fin.signOut();
}

/** Fin sees what the close waits for, comments on a dispute and upholds it, and rejects the other. */
export async function resolves(tour, { month, password }) {
  const fin = await tour.visitor("Fin");
  await fin.open("/");
  await fin.signIn("fin@example.com", password);
  await fin.open(`/?month=${month}`);
  await fin.reads("What the close waits for", "2 disputes are open", "The USD bill", "Where every cent stands");
  await fin.picture("month", { dark: true });
  await fin.follow("Search", { within: "ul.blocks" });
  const [first, second] = [1, 2].map((number) => `article:has(#dispute-${number})`);
  await fin.unfold("Say something to it", first);
  await fin.fill("Comment", "The bucket’s tags bear you out.", first);
  await fin.press("Say it", { within: first });
  await fin.reads("Your comment is there.", "The bucket’s tags bear you out.");
  await fin.unfold("Resolve it", first);
  await fin.choose(/^Who takes/, "Web shop", first);
  await fin.look();
  await fin.picture("resolve");
  await fin.press("Uphold", { within: first });
  await fin.reads("Upheld. Both invoices have a new revision.", "The amount went to Web shop.");
  await fin.unfold("Resolve it", second);
  await fin.fill(/^Why it stays with/, "It backs the index of the search.", second);
  await fin.press("Reject", { within: second });
  await fin.reads("Rejected. The amount stays where it is.", "It backs the index of the search.");
  await fin.signOut();
}

/** Clara promotes a group with the policy's facts in view, and asks for another that does not meet them. */
export async function promotes(tour, { password }) {
  const clara = await tour.visitor("Clara");
  await clara.open("/groups");
  await clara.signIn("clara@example.com", password);
  await clara.picture("groups");
  await clara.follow("Mobile apps");
  await clara.reads("What the policy asks for", "at least 2", "Share of the month’s cost that is unallocated");
  await clara.readsNot("Not yet");
  await clara.picture("promote");
  await clara.press("Promote to chargeback");
  await clara.reads("Promoted to chargeback.", /Chargeback from \w+ \d{4}/);
  await clara.open("/groups/labs");
  await clara.reads("Not yet", "The policy is not met. A second controller has to agree before anything changes.");
  await clara.picture("promote-unmet", { dark: true });
  await clara.fill("Why it should be promoted all the same", "Its budget is decided with the others’.");
  await clara.press("Ask for it");
  await clara.reads("Asked for. A second controller has to agree", "You asked for it; a second controller has to agree.");
  await clara.signOut();
}

/** Dora agrees, with a reason of her own. */
export async function agrees(tour, { password }) {
  const dora = await tour.visitor("Dora");
  await dora.open("/groups/labs");
  await dora.signIn("dora@example.com", password);
  await dora.reads("is asked for", "Its budget is decided with the others’.");
  await dora.picture("agree");
  await dora.fill("Why you agree", "The dispute is about last month alone.");
  await dora.press(/^Agree: chargeback from/);
  await dora.reads("Promoted to chargeback.");
  await dora.signOut();
}

/** Clara, who accepted nothing, posts what waits, and looks at a journal, the tie-out and the trail. */
export async function posts(tour, { month, password }) {
  const clara = await tour.visitor("Clara");
  await clara.open("/journals");
  await clara.signIn("clara@example.com", password);
  await clara.reads(/\d journals wait to be posted/);
  await clara.picture("journals");
  await clara.press("Post", { within: "#send-form" });
  await clara.reads(/\d journals posted\./, "Nothing waits to be posted", "In the ledger");
  await clara.readsNot("left where");
  await clara.picture("posted");
  await clara.follow(/^DAY1-/, { within: "section:has(#posted)" });
  await clara.reads("Balanced", "Where it comes from");
  await clara.picture("journal");
  await clara.open(`/tie-out/${month}`);
  await clara.reads("Files, allocation, invoices", "agrees");
  await clara.readsNot("differs");
  await clara.picture("tie-out", { dark: true });
  await clara.open("/trail");
  await clara.reads("Who did what, when and why.");
  await clara.picture("trail");
  await clara.open("/configuration");
  await clara.follow("Allocation tree");
  await clara.picture("configuration");
  await clara.signOut();
}

/** Audrey sees all of it, and can change nothing. */
export async function looksOn(tour, { month, password }) {
  const audrey = await tour.visitor("Audrey");
  await audrey.open(`/?month=${month}`);
  await audrey.signIn("audrey@example.com", password);
  await audrey.open(invoice(month, "web"));
  await audrey.reads("Accepted", "Web shop");
  await audrey.open("/trail");
  const buttons = await audrey.page.getByRole("button").allInnerTexts();
  if (buttons.join() !== "Sign out,Show") throw new Error(`the trail has other buttons: ${buttons}`);
  await audrey.signOut();
}
