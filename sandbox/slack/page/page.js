"use strict";
// The first state stands in the page, later ones come from /state (long polling). Message content
// arrives as HTML that the server escaped.
const $ = (id) => document.getElementById(id);
let state = JSON.parse($("state").textContent);
let place = { channel: "", thread: "" };
const pressed = new Set();

function el(tag, cls, text) {
  const made = document.createElement(tag);
  if (cls) made.className = cls;
  if (text !== undefined) made.textContent = text;
  return made;
}

function readPlace() {
  const [channel, thread] = decodeURIComponent(location.hash.slice(1)).split("/");
  place = { channel: channel || "", thread: thread || "" };
}

function go(channel, thread) { location.hash = thread ? `${channel}/${thread}` : channel; }

function current() {
  const busiest = state.channels.find((c) => !c.is_im && c.threads.length);
  return state.channels.find((c) => c.id === place.channel) || busiest || state.channels[0];
}

function messageRow(channel, row, count) {
  const box = el("article", `message ${row.kind}${row.ephemeral ? " ephemeral" : ""}`);
  box.dataset.channel = channel.id;
  box.dataset.ts = row.ts;
  box.append(el("div", "avatar", { us: "🤖", person: "🧑", app: "🔔" }[row.kind]));
  const body = el("div", "body"), who = el("div", "who");
  who.append(el("b", "", row.author));
  if (row.kind !== "person") who.append(el("span", "tag", "APP"));
  const at = el("time", "", row.at);
  at.title = `${row.date}, ${row.at} UTC`;
  who.append(at);
  if (row.edited) who.append(el("span", "edited", "(edited)"));
  if (row.ephemeral) who.append(el("span", "edited", "only visible to you"));
  const content = el("div", "content");
  content.innerHTML = row.html;
  body.append(who, content);
  if (row.reactions.length) {
    const list = el("div", "reactions");
    for (const [mark, n] of row.reactions) list.append(el("span", "", `${mark} ${n}`));
    body.append(list);
  }
  if (count > 0) {
    const more = el("button", "replies", `${count} ${count === 1 ? "reply" : "replies"}`);
    more.onclick = () => go(channel.id, row.ts);
    body.append(more);
  }
  if (row.status) body.append(el("div", "status", row.status));
  for (const button of content.querySelectorAll("button[data-action-id]")) {
    if (pressed.has(keyOf(row.ts, button))) button.classList.add("pressed");
  }
  box.append(body);
  return box;
}

function keyOf(ts, button) { return `${ts} ${button.dataset.actionId} ${button.dataset.value}`; }

function fill(target, rows) {
  const low = target.scrollHeight - target.scrollTop - target.clientHeight < 60;
  const before = target.scrollTop;
  target.replaceChildren(...rows);
  target.scrollTop = low && target.dataset.seen ? target.scrollHeight : before;
  target.dataset.seen = "yes";
}

function draw() {
  const channel = current();
  if (!channel) return;
  $("now").textContent = state.now;
  for (const [id, isIm] of [["channels", false], ["people", true]]) {
    $(id).replaceChildren(...state.channels.filter((c) => c.is_im === isIm).map((c) => {
      const item = el("li"), button = el("button", "", `${isIm ? "🤖" : "#"} ${c.name}`);
      if (c.id === channel.id) button.setAttribute("aria-current", "page");
      button.onclick = () => go(c.id, "");
      item.append(button);
      return item;
    }));
  }
  $("title").textContent = (channel.is_im ? "" : "# ") + channel.name;
  $("write").text.placeholder = channel.is_im ? "Message de-agent" : `Message #${channel.name} (mention @de-agent to ask it)`;
  drawMessages(channel);
  drawThread(channel);
  drawModal();
}

function drawMessages(channel) {
  const rows = [];
  let day = "";
  for (const thread of channel.threads) {
    if (thread[0].date !== day) {
      day = thread[0].date;
      const line = el("div", "day");
      line.append(el("span", "", day));
      rows.push(line);
    }
    rows.push(messageRow(channel, thread[0], thread.length - 1));
  }
  if (!rows.length) rows.push(el("p", "empty", "Nothing was written here yet."));
  fill($("messages"), rows);
}

function drawThread(channel) {
  const only = channel.threads.length === 1 && channel.threads[0].length > 1 && place.thread === "";
  const wanted = only ? channel.threads[0][0].ts : place.thread;
  const thread = channel.threads.find((t) => t[0].ts === wanted);
  $("thread").hidden = !thread || place.thread === "none";
  if (!thread) return;
  $("thread").dataset.ts = thread[0].ts;
  const rows = thread.map((row) => messageRow(channel, row, 0));
  const n = thread.length - 1;
  rows.splice(1, 0, el("div", "divide", `${n} ${n === 1 ? "reply" : "replies"}`));
  fill($("replies"), rows);
}

function drawModal() {
  const modal = $("modal"), view = state.view;
  if (!view) { if (modal.open) modal.close(); modal.dataset.id = ""; return; }
  if (modal.dataset.id === view.id) return;
  modal.dataset.id = view.id;
  const form = el("form"), title = el("h2"), blocks = el("div", "blocks"), foot = el("footer");
  title.innerHTML = view.title;
  blocks.innerHTML = view.html;
  const no = el("button", "", ""), yes = el("button", "primary", "");
  no.type = "button";
  no.innerHTML = view.close;
  yes.innerHTML = view.submit;
  no.onclick = () => act("dismiss", { view_id: view.id });
  foot.append(no, yes);
  form.style.display = "block";
  form.append(title, blocks, foot);
  form.onsubmit = (event) => { event.preventDefault(); act("submit", { view_id: view.id, values: answers(form) }); };
  modal.oncancel = (event) => { event.preventDefault(); act("dismiss", { view_id: view.id }); };
  modal.replaceChildren(form);
  modal.showModal();
  const first = form.querySelector(".answer");
  if (first) first.focus();
}

function answers(form) {
  const values = {};
  for (const field of form.querySelectorAll(".answer")) {
    const block = values[field.dataset.blockId] || (values[field.dataset.blockId] = {});
    block[field.dataset.actionId] = { type: field.dataset.kind, value: field.value || null };
  }
  return values;
}

async function act(what, body) {
  const answer = await fetch(`/act/${what}`, { method: "POST", headers: { "X-Sandbox": "page", "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) toast(`Slack refused: ${(await answer.json()).error}`);
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  setTimeout(() => { $("toast").hidden = true; }, 4000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-action-id]");
  const message = button && button.closest(".message");
  if (!message) return;
  pressed.add(keyOf(message.dataset.ts, button));
  button.classList.add("pressed");
  act("click", { channel: message.dataset.channel, ts: message.dataset.ts, action_id: button.dataset.actionId, value: button.dataset.value });
});

$("close").onclick = () => go(current().id, "none");
for (const [id, where] of [["write", () => ""], ["reply", () => $("thread").dataset.ts]]) {
  $(id).onsubmit = (event) => {
    event.preventDefault();
    const text = event.target.text.value.trim();
    if (!text || text === "@de-agent") return;
    event.target.text.value = "";
    act("write", { channel: current().id, text, thread_ts: where() });
  };
}
$("reply").text.onfocus = (event) => { if (!event.target.value) event.target.value = "@de-agent "; };
window.onhashchange = () => { readPlace(); $("replies").dataset.seen = ""; draw(); };

async function follow() {
  for (;;) {
    try {
      const answer = await fetch(`/state?since=${state.version}`);
      state = await answer.json();
      $("live").textContent = "";
      draw();
    } catch (error) {
      $("live").textContent = "the sandbox has ended";
      await new Promise((wake) => setTimeout(wake, 2000));
    }
  }
}
readPlace();
draw();
follow();
