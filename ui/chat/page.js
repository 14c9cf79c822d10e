// The page's own behaviour: a citation's quotation on hover and focus, its place in the article
// beside the chat, copying, and names for screen readers where Gradio gives none.
() => {
  if (window.citewire) return;
  const page = (window.citewire = { at: null });
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const panel = () => document.getElementById("cw-evidence");
  const said = (name) => panel()?.dataset[name] ?? "";

  // --- the quotation beside the number ----------------------------------------------------
  const pop = document.createElement("div");
  pop.id = "cw-pop";
  pop.className = "cw-pop";
  pop.setAttribute("role", "tooltip");
  pop.hidden = true;
  document.body.append(pop);

  const sourceOf = (link) => document.getElementById(link.getAttribute("href").slice(1));

  const showPop = (link) => {
    const source = sourceOf(link);
    // Of a quotation the words stand right below its number.
    if (!source || source.contains(link)) return;
    const place = source.querySelector(".cw-open").textContent;
    pop.replaceChildren(Object.assign(document.createElement("strong"), { textContent: place }));
    pop.append(source.querySelector("blockquote").cloneNode(true));
    pop.hidden = false;
    link.setAttribute("aria-describedby", "cw-pop");
    const mark = link.getBoundingClientRect(), box = pop.getBoundingClientRect();
    const below = mark.bottom + 6 + box.height < innerHeight;
    pop.style.top = `${Math.max(8, below ? mark.bottom + 6 : mark.top - box.height - 6)}px`;
    pop.style.left = `${Math.max(8, Math.min(mark.left, innerWidth - box.width - 16))}px`;
  };
  const hidePop = () => {
    pop.hidden = true;
    document.querySelectorAll("[aria-describedby=cw-pop]").forEach((link) =>
      link.removeAttribute("aria-describedby"));
  };
  const citeAt = (event) => event.target.closest?.("a.cw-cite");
  document.addEventListener("mouseover", (e) => citeAt(e) ? showPop(citeAt(e)) :
    e.target.closest?.("#cw-pop") || hidePop());
  document.addEventListener("focusin", (e) => (citeAt(e) ? showPop(citeAt(e)) : hidePop()));
  document.addEventListener("scroll", hidePop, true);

  // --- the sentence in its article --------------------------------------------------------
  const links = () => [...document.querySelectorAll("#cw-chat .cw-sources .cw-open")];

  const open = async (link, whole = false) => {
    const box = panel();
    if (!box) return;
    page.at = link;
    document.querySelectorAll(".cw-current").forEach((li) => li.classList.remove("cw-current"));
    link.closest("li")?.classList.add("cw-current");
    const [path, hash] = link.getAttribute("href").split("#");
    const address = `${path}${path.includes("?") ? "&" : "?"}part=${whole ? "whole" : "context"}`;
    const body = box.querySelector(".cw-panel-body");
    box.classList.remove("cw-idle");
    box.setAttribute("aria-busy", "true");
    try {
      const reply = await fetch(address, { credentials: "same-origin" });
      if (reply.status === 401) { location.reload(); return; }
      if (page.at !== link) return;
      body.innerHTML = reply.ok ? await reply.text() : "";
      if (!reply.ok) body.textContent = said("gone");
    } catch {
      body.textContent = said("failed");
    }
    box.setAttribute("aria-busy", "false");
    box.querySelectorAll("button").forEach((b) => (b.hidden = false));
    const foot = box.querySelector(".cw-panel-foot");
    foot.hidden = false;
    foot.querySelector("a").href = link.getAttribute("href");
    const more = foot.querySelector("button");
    more.textContent = said(whole ? "context" : "whole");
    more.onclick = () => open(link, !whole);
    box.querySelector("h2").textContent = link.textContent;
    const hit = body.querySelector("#hit");
    if (hit) {
      const top = hit.getBoundingClientRect().top - box.getBoundingClientRect().top;
      box.scrollTo({ top: box.scrollTop + top - box.clientHeight / 3,
        behavior: calm.matches ? "auto" : "smooth" });
      hit.focus({ preventScroll: true });
    } else {
      box.focus({ preventScroll: true });
    }
  };

  const step = (by) => {
    const all = links();
    if (!all.length) return;
    const at = all.indexOf(page.at);
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length];
    next.scrollIntoView({ block: "nearest" });
    open(next);
  };

  const close = () => {
    const box = panel();
    if (!box || box.classList.contains("cw-idle")) return;
    box.classList.add("cw-idle");
    box.querySelector("h2").textContent = box.getAttribute("aria-label");
    box.querySelector(".cw-panel-body").textContent = said("empty");
    box.querySelectorAll("button").forEach((b) => (b.hidden = true));
    box.querySelector(".cw-panel-foot").hidden = true;
    document.querySelectorAll(".cw-current").forEach((li) => li.classList.remove("cw-current"));
    const back = page.from?.isConnected ? page.from : page.at;
    page.at = null;
    back?.focus?.();
  };

  // --- copying ----------------------------------------------------------------------------
  const copy = async (button) => {
    const [, turn, which] = button.id.split("-");
    const address = which === "all" ? `answer/${turn}.md` : `answer/${turn}/claim/${which}`;
    let told = said("copied");
    try {
      const text = fetch(address, { credentials: "same-origin" }).then((reply) => {
        if (!reply.ok) throw new Error(reply.status);
        return reply.text();
      });
      // Safari lets only what was promised within the click be copied.
      if (window.ClipboardItem && navigator.clipboard.write) {
        const blob = text.then((t) => new Blob([t], { type: "text/plain" }));
        await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      } else {
        await navigator.clipboard.writeText(await text);
      }
    } catch {
      told = said("notCopied");
    }
    const note = document.getElementById("cw-told");
    note.textContent = "";
    requestAnimationFrame(() => (note.textContent = told));
    button.title = told;
    button.classList.add("cw-done");
    setTimeout(() => { button.title = ""; button.classList.remove("cw-done"); }, 2000);
  };

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const cite = citeAt(event);
    const link = cite ? sourceOf(cite)?.querySelector(".cw-open") :
      event.target.closest?.("#cw-chat a.cw-open");
    if (link) {
      event.preventDefault();
      page.from = cite ?? link;
      hidePop();
      open(link);
      return;
    }
    const button = event.target.closest?.("button");
    if (!button) return;
    if (button.classList.contains("cw-copy")) copy(button);
    else if (button.dataset.cw === "next") step(1);
    else if (button.dataset.cw === "previous") step(-1);
    else if (button.dataset.cw === "close") close();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (!pop.hidden) hidePop();
      else if (!event.target.closest?.("[role=dialog], [role=listbox], input, textarea")) close();
      return;
    }
    const inside = event.target.closest?.("#cw-evidence, a.cw-cite, a.cw-open");
    if (!inside || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "n" || event.key === "p") {
      event.preventDefault();
      page.from ??= inside;
      step(event.key === "n" ? 1 : -1);
    }
  });

  // --- names for screen readers -----------------------------------------------------------
  const name = () => {
    const label = { user: said("question"), bot: said("answer") };
    document.querySelectorAll("#cw-chat [data-testid=user], #cw-chat [data-testid=bot]")
      .forEach((box) => {
        const wanted = label[box.dataset.testid];
        if (wanted && box.getAttribute("aria-label") !== wanted) {
          box.setAttribute("aria-label", wanted);
          box.setAttribute("role", "group");
          box.setAttribute("dir", "auto");
        }
      });
    document.querySelectorAll("#cw-chat .examples[role=list]").forEach((list) =>
      list.removeAttribute("role"));
    document.querySelectorAll("input[placeholder]:not([aria-label]):not([id])").forEach((field) => {
      if (!field.labels?.length) field.setAttribute("aria-label", field.placeholder || field.title);
    });
    document.documentElement.lang = said("language") || document.documentElement.lang;
  };
  // A new question goes to the top of the chat, so that its answer is read from its beginning.
  let asked = 0;
  const follow = () => {
    const questions = document.querySelectorAll("#cw-chat .user-row");
    if (questions.length === asked + 1) {
      const row = questions[asked], box = row.closest(".panel-wrap, .bubble-wrap");
      if (box) box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top;
    }
    asked = questions.length;
  };
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; name(); follow(); });
  }).observe(document.body, { childList: true, subtree: true });
  name();
}
