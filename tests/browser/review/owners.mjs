// What owners of cost groups do.

import { leave, tabTo, type } from "./keyboard.mjs";

const invoice = (month, group, currency = "USD") => `/invoices/${month}/${currency}/${group}`;

/** Ana follows a link of a mail, mistypes her password, reads her list, and accepts. Others' invoices are not hers. */
export async function accepts(tour, { month, password }) {
  const ana = await tour.visitor("Ana");
  await ana.open(invoice(month, "web"));
  await ana.reads("Sign in", "With the mail address that your invoices come to.");
  await ana.picture("sign-in", { dark: true });
  await ana.signIn("ana@example.com", "not the password", { status: 403 });
  await ana.reads("You are not signed in.");
  await ana.picture("wrong-password");
  await ana.fill("Password", password);
  await ana.press("Sign in");
  // The sign-in leads on to where the link led.
  await ana.reads("Waits for your acceptance", "Web shop");
  await ana.follow("Your invoices");
  await ana.reads("Waits for you", "To accept");
  await ana.picture("list");
  await ana.follow(/^Web shop, .*/, { within: "#main section:has(#waiting)" });
  await ana.picture("to-accept", { dark: true });
  await ana.press(/^Accept USD/);
  await ana.reads("Accepted. Thank you; nothing else is asked of you.", "was accepted by Ana Owner");
  await ana.picture("accepted");
  await ana.follow("Your invoices");
  await ana.reads("Done", "Accepted");
  await ana.open(invoice(month, "search"), { status: 404 });
  await ana.reads("There is no such page");
  await ana.readsNot("Search");
  await ana.picture("not-hers");
  await ana.open("/groups");
  await ana.reads("Cost groups", "Web shop");
  await ana.readsNot("Search");
  await ana.signOut();
}

/** Eva has no mouse: signs in, finds her invoice, accepts it and signs out. */
export async function acceptsByKeyboard(tour, { password }) {
  const eva = await tour.visitor("Eva");
  await eva.open("/");
  await type(eva, "Mail address", "eva@example.com");
  await tabTo(eva, "password");
  await type(eva, "Password", password);
  await tabTo(eva, "Sign in");
  await leave(eva, "Enter");
  await tabTo(eva, "Skip to the content");
  await eva.picture("keyboard-skip");
  await eva.page.keyboard.press("Enter");
  await tabTo(eva, /^Data platform, /);
  await leave(eva, "Enter");
  await eva.reads("Waits for your acceptance");
  await tabTo(eva, /^Accept USD/);
  await eva.picture("keyboard-accept");
  await leave(eva, "Space");
  await eva.reads("Accepted. Thank you", "was accepted by Eva Owner");
  await tabTo(eva, "Sign out");
  await leave(eva, "Enter");
  await eva.reads("You are signed out.");
  await eva.context.close();
}

/** Ben disputes half a line, and all of another. */
export async function disputes(tour, { month, password }) {
  const ben = await tour.visitor("Ben");
  await ben.open("/");
  await ben.signIn("ben@example.com", password);
  await ben.follow(/^Search, /);
  const form = "#dispute";
  // The link of the panel leads to the form and unfolds it.
  await ben.page.getByRole("link", { name: "Dispute a line" }).click();
  await ben.page.locator(form).getByLabel("Line", { exact: true }).waitFor({ state: "visible" });
  await ben.choose("Line", "Amazon S3", form);
  await ben.fill(/^Amount/, "9,999,999.00", form);
  await ben.fill("Why it is not yours", "Half of the bucket holds pictures of the web shop.", form);
  await ben.press("Dispute it", { within: form, status: 422 });
  await ben.reads("Nothing was changed.");
  await ben.picture("dispute-refused");
  await ben.fill(/^Amount/, "155.06", form);
  await ben.press("Dispute it", { within: form });
  await ben.reads("Your dispute is there.", "Half of the bucket holds pictures of the web shop.", "A part is disputed", "USD 155.06");
  await ben.unfold("Dispute a line", form);
  await ben.choose("Line", "Amazon DynamoDB", form);
  await ben.fill("Why it is not yours", "We do not know this table.", form);
  await ben.press("Dispute it", { within: form });
  await ben.reads("We do not know this table.");
  await ben.picture("disputed", { dark: true });
  await ben.signOut();
}

/** Lea is in showback: she has read an invoice, and disputes a line of it. */
export async function readsAndDisputes(tour, { before, password }) {
  const lea = await tour.visitor("Lea");
  await lea.open(invoice(before, "labs"));
  await lea.signIn("lea@example.com", password);
  await lea.reads("For information", "Nothing is booked for it.");
  await lea.press("I have read it");
  await lea.reads("You have read it");
  await lea.unfold("Dispute a line", "#dispute");
  await lea.choose("Line", "Amazon EC2", "#dispute");
  await lea.fill("Why it is not yours", "The cluster was given back in spring.", "#dispute");
  await lea.press("Dispute it", { within: "#dispute" });
  await lea.reads("Your dispute is there.");
  await lea.picture("showback");
  await lea.signOut();
}

/** Ana asks about a provisional invoice, which cannot be accepted. */
export async function asks(tour, { month, password }) {
  const ana = await tour.visitor("Ana");
  await ana.open(invoice(month, "web", "EUR"));
  await ana.signIn("ana@example.com", password);
  await ana.reads("Provisional", "There is nothing to accept yet.");
  await ana.unfold("Ask something", "#ask");
  await ana.fill("Question", "What is Azure Front Door for?", "#ask");
  await ana.press("Ask", { within: "#ask" });
  await ana.reads("Your question is there.", "What is Azure Front Door for?", "waits for an answer");
  await ana.picture("provisional");
  await ana.signOut();
}

/** Who was upheld and who received both have a new revision, see what changed, and accept it. */
export async function seesTheRevision(tour, { month, password }) {
  const ana = await tour.visitor("Ana");
  await ana.open("/");
  await ana.signIn("ana@example.com", password);
  await ana.follow(/^Web shop, /, { within: "#main section:has(#waiting)" });
  await ana.reads("revision 2", "What changed since revision 1", "Dispute 1 of Search was upheld; it came here.", "155.06");
  await ana.picture("received");
  await ana.press(/^Accept USD/);
  await ana.reads("Revision 2 was accepted by Ana Owner");
  await ana.signOut();
  const ben = await tour.visitor("Ben");
  await ben.open(invoice(month, "search"));
  await ben.signIn("ben@example.com", password);
  await ben.reads("revision 2", "Upheld.", "Rejected.", "It backs the index of the search.");
  await ben.picture("upheld-and-rejected");
  await ben.press(/^Accept USD/);
  await ben.reads("Revision 2 was accepted by Ben Owner");
  await ben.signOut();
}
