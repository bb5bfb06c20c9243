// Runs in the browser, on the page that page.ts makes: search, the right address in the curl lines, copying, trying.
// The page is complete without it. It makes nodes and text, never markup, as the page's security policy demands.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const search = document.getElementById('search');
  const found = document.getElementById('found');
  const nav = document.querySelector('nav');
  const key = document.getElementById('key');
  const space = document.getElementById('space');

  // --- search ---------------------------------------------------------------------------------------------------

  const sections = new Map(all('.op').map((section) => [section.id, section]));
  const links = all('nav li a');
  const target = (link) => decodeURIComponent(link.hash.slice(1));

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.includes(word));
    let count = 0;
    for (const link of links) {
      const section = sections.get(target(link));
      const shown = fits(section ? section.dataset.words : link.textContent.toLowerCase());
      link.parentElement.hidden = !shown;
      if (section) section.hidden = !shown;
      if (section && shown) count++;
    }
    for (const group of all('nav .group')) group.hidden = all('li:not([hidden])', group).length === 0;
    for (const tag of all('.tag:not(#shapes)')) tag.hidden = all('.op:not([hidden])', tag).length === 0;
    found.textContent = words.length === 0 ? '' : count === 1 ? '1 operation' : `${count} operations`;
  }
  const shownLinks = () => links.filter((link) => !link.parentElement.hidden);

  search.addEventListener('input', filter);
  search.addEventListener('keydown', (event) => {
    const [first] = shownLinks();
    if (event.key === 'Enter' && first) first.click();
    else if (event.key === 'ArrowDown' && first) first.focus();
    else if (event.key === 'Escape') {
      search.value = '';
      filter();
    } else return;
    event.preventDefault();
  });
  nav.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const shown = shownLinks();
    const at = shown.indexOf(document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    const next = shown[at + (event.key === 'ArrowDown' ? 1 : -1)];
    (next ?? (event.key === 'ArrowUp' ? search : shown[at])).focus();
  });
  document.addEventListener('keydown', (event) => {
    const typing = /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
  // A link to an operation that the search has hidden shows it again.
  addEventListener('hashchange', () => {
    const section = sections.get(decodeURIComponent(location.hash.slice(1)));
    if (!section?.hidden) return;
    search.value = '';
    filter();
    section.scrollIntoView();
  });

  // --- where the reader is --------------------------------------------------------------------------------------

  const linkOf = new Map(links.map((link) => [target(link), link]));
  let current = null;
  const watcher = new IntersectionObserver(
    (entries) => {
      const entry = entries.find(({ isIntersecting }) => isIntersecting);
      const link = entry && linkOf.get(entry.target.id);
      if (!link || link === current) return;
      current?.removeAttribute('aria-current');
      current = link;
      link.setAttribute('aria-current', 'location');
      // Not while somebody walks through the list with the keyboard.
      if (nav.contains(document.activeElement)) return;
      const [box, row] = [nav.getBoundingClientRect(), link.getBoundingClientRect()];
      if (row.top < box.top || row.bottom > box.bottom) nav.scrollTop += row.top - box.top - box.height / 3;
    },
    { rootMargin: '-15% 0px -75% 0px' },
  );
  for (const section of all('.op, .schema')) watcher.observe(section);

  // --- curl lines and copying -----------------------------------------------------------------------------------

  for (const code of all('[data-curl]'))
    code.textContent = code.textContent.replace(/http:\/\/127\.0\.0\.1:4200/, location.origin);

  async function copy(button) {
    const code = button.closest('figure').querySelector('code');
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      // Browsers give no clipboard to pages served over plain HTTP from elsewhere: select it, so that Ctrl+C does.
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1500);
  }
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('.copy');
    if (button) copy(button);
  });

  // --- trying ---------------------------------------------------------------------------------------------------

  function requestOf(form) {
    let path = form.dataset.path;
    const query = new URLSearchParams();
    const headers = {};
    for (const input of all('input[data-in]', form)) {
      const value = input.value.trim();
      if (input.dataset.in === 'path') path = path.replace(`{${input.name}}`, encodeURIComponent(value));
      else if (value !== '') query.set(input.name, value);
    }
    if (form.dataset.open !== 'true') {
      if (key.value.trim() !== '') headers.authorization = `Bearer ${key.value.trim()}`;
      if (space.value.trim() !== '') headers['x-space'] = space.value.trim();
    }
    const init = { method: form.dataset.method, headers };
    const body = form.elements.body?.value ?? '';
    if (body.trim() !== '') {
      headers['content-type'] = 'application/json';
      init.body = body;
    }
    return { url: query.size > 0 ? `${path}?${query}` : path, init };
  }

  function show(output, status, text) {
    const line = document.createElement('p');
    line.className = 'status';
    line.textContent = status;
    if (/^2/.test(status)) line.classList.add('s2');
    const pre = document.createElement('pre');
    pre.tabIndex = 0;
    pre.textContent = text;
    output.replaceChildren(line, pre);
  }
  const readable = (text) => {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  };

  document.addEventListener('submit', async (event) => {
    event.preventDefault();
    const form = event.target;
    const output = form.querySelector('output');
    const button = form.querySelector('.send');
    button.disabled = true;
    const started = performance.now();
    try {
      const { url, init } = requestOf(form);
      const response = await fetch(url, init);
      const text = await response.text();
      const ms = Math.round(performance.now() - started);
      show(output, `${response.status} ${response.statusText} (${ms} ms)`, readable(text));
    } catch (error) {
      show(output, 'No answer', String(error));
    } finally {
      button.disabled = false;
    }
  });
})();
