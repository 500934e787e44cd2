// "Try it" of the pages of operations. Without the live API chosen, requests go to the fake TMDB of assets/world.js.
// The reader's credentials stay in this tab (sessionStorage), and are sent to LIVE only.
"use strict";
(() => {
  const LIVE = "https://api.themoviedb.org";
  const MOST_TEXT = 200000;

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  const isLive = (form) => new FormData(form).get("try-server") === "live";
  const remembered = (name) => sessionStorage.getItem(`tmdb-${name}`) || "";

  // The credentials of the fake's reader and those of the live API are never mixed: each server has its own values.
  const showServer = (form) => {
    const live = isLive(form);
    form.querySelector(".try-live").hidden = !live || form.hasAttribute("data-user-token");
    for (const note of form.querySelectorAll(".try-fake")) note.hidden = live;
    for (const input of form.querySelectorAll("[data-credential]")) {
      input.value = live ? remembered(input.dataset.credential) : input.dataset.fake || "";
    }
    for (const input of form.querySelectorAll("[data-secret]")) {
      input.dataset.fake ??= input.value;
      input.value = live ? "" : input.dataset.fake;
    }
  };

  const jsonOf = (text, kind) => {
    if (kind === "string") return text;
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  };

  const requestOf = (form) => {
    const live = isLive(form);
    const query = new URLSearchParams();
    const body = {};
    let path = form.dataset.path;
    for (const input of form.querySelectorAll("[data-place]")) {
      if (input.value === "") continue;
      if (input.dataset.place === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
      else if (input.dataset.place === "query") query.set(input.name, input.value);
      else body[input.name] = jsonOf(input.value, input.dataset.kind);
    }
    const credential = (name) => form.querySelector(`[data-credential="${name}"]`)?.value.trim() || "";
    for (const name of ["session_id", "guest_session_id"]) if (credential(name)) query.set(name, credential(name));
    const token = credential("user_access_token") || (live ? credential("access_token") : window.tmdbFake.token);
    const headers = {Accept: "application/json"};
    if (token) headers.Authorization = `Bearer ${token}`;
    const options = {method: form.dataset.method, headers, credentials: "omit", redirect: "error", referrerPolicy: "no-referrer", cache: "no-store"};
    if (Object.keys(body).length) {
      headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    const text = query.toString();
    return {url: (live ? LIVE : window.tmdbFake.url) + path + (text ? `?${text}` : ""), options};
  };

  const shown = (text) => {
    try {
      text = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // not JSON: shown as it came
    }
    return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}\n… ${text.length - MOST_TEXT} characters more` : text;
  };

  const send = async (form) => {
    const output = form.querySelector(".try-response");
    const button = form.querySelector("button[type=submit]");
    const live = isLive(form);
    if (live && form.hasAttribute("data-writes") && !window.confirm(`Send ${form.dataset.method} ${form.dataset.path} to the live API? It changes your account.`)) return;
    if (live) {
      for (const input of form.querySelectorAll("[data-credential]")) sessionStorage.setItem(`tmdb-${input.dataset.credential}`, input.value.trim());
    }
    const {url, options} = requestOf(form);
    button.disabled = true;
    output.replaceChildren(element("p", "…"));
    const started = performance.now();
    try {
      const response = await fetch(url, options);
      const text = await response.text();
      const took = Math.round(performance.now() - started);
      const status = element("p", `${response.status} ${response.statusText}`, {class: response.ok ? "try-status try-ok" : "try-status try-failed"});
      status.append(element("small", ` ${took} ms, ${text.length} characters`));
      const headers = element("details", "");
      headers.append(element("summary", "Headers"), element("pre", [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n"), {tabindex: "0"}));
      output.replaceChildren(status, headers, element("pre", shown(text), {tabindex: "0", class: "try-body"}));
    } catch {
      const hint = live ? "No response from the live API." : `No response from ${window.tmdbFake.url}. Start the fake: python -m tmdbkit.testing`;
      output.replaceChildren(element("p", hint, {class: "try-status try-failed"}));
    } finally {
      button.disabled = false;
    }
  };

  const start = () => {
    for (const form of document.querySelectorAll("form.try")) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        send(form);
      });
      for (const choice of form.querySelectorAll("[name=try-server]")) choice.addEventListener("change", () => showServer(form));
      showServer(form);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
