/// The page at `/`: shows what `/status` says, and asks it again every two seconds. One document without anything from elsewhere.
///
/// It tells nothing by itself, so that it can be had without the token: it asks for it, and keeps it for as long as the tab is open. What
/// comes from the daemon is put into it as text, never as markup.
struct StatusPage {
    let text: String

    /// The value of `Content-Security-Policy`: nothing runs but the page's own script, and nothing is asked but the daemon.
    let policy: String

    init() {
        let nonce = String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
        self.text = Self.document.replacing("NONCE", with: nonce)
        self.policy =
            "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; img-src data:; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }

    private static let document = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>stan-bridged</title>
        <style nonce="NONCE">
        \(Self.style)
        </style>
        </head>
        <body>
        <header>
        <h1>stan-bridged <small id="version"></small></h1>
        <p id="state" class="badge" role="status">asking…</p>
        </header>
        <p id="stale" class="bad" hidden></p>
        <form id="login" hidden>
        <label for="token">This daemon wants the token of <code>admin.token</code>:</label>
        <div><input id="token" type="password" autocomplete="current-password" required>
        <button>Show</button></div>
        <p>It is kept until this tab is closed.</p>
        </form>
        <main id="all" hidden>
        <ul id="problems"></ul>
        <p id="session"></p>
        <h2>Routes</h2>
        <table id="routes"></table>
        <h2>Sinks</h2>
        <table id="sinks"></table>
        </main>
        <noscript><p class="bad">This page needs JavaScript. Without it: <code>stan-bridged status</code>, or
        <a href="status">/status</a> for the same as JSON, <a href="readyz">/readyz</a> in words.</p></noscript>
        <script nonce="NONCE">
        \(Self.script)
        </script>
        </body>
        </html>

        """

    /// Wide enough for a table where there is room; a card for each row where there is not.
    private static let style = """
        :root { --text: #1a1d21; --soft: #565e68; --back: #f6f7f9; --card: #fff; --line: #d5dae0;
          --good: #146c35; --good-back: #dcf3e3; --warn: #7a4d00; --warn-back: #fdeecb; --bad: #a11222; --bad-back: #fde2e4; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #e4e7eb; --soft: #a0a9b4; --back: #14171a; --card: #1d2125; --line: #363c43;
            --good: #7ddc9b; --good-back: #143521; --warn: #f5c667; --warn-back: #3b2d0e; --bad: #ff9aa4; --bad-back: #45171c; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--back); color: var(--text);
          font: 1rem/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
        header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; }
        h1 { font-size: 1.35rem; margin: 0; } h1 small { color: var(--soft); font-weight: 400; font-size: .95rem; }
        h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
        p { margin: .75rem 0; overflow-wrap: anywhere; }
        .badge { margin: 0; padding: .15rem .7rem; border-radius: 1rem; font-weight: 600; background: var(--line); }
        .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
        .badge.good { background: var(--good-back); } .badge.warn { background: var(--warn-back); }
        .badge.bad { background: var(--bad-back); }
        #stale, noscript p { background: var(--bad-back); padding: .6rem .8rem; border-radius: .4rem; font-weight: 600; }
        #problems { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: .5rem; }
        #problems li { background: var(--warn-back); color: var(--warn); padding: .6rem .8rem; border-radius: .4rem;
          border-left: .3rem solid; overflow-wrap: anywhere; }
        .bad-all #problems li { background: var(--bad-back); color: var(--bad); }
        #session { color: var(--soft); }
        table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
        th, td { padding: .45rem .6rem; text-align: right; border-top: 1px solid var(--line); vertical-align: top; }
        th { color: var(--soft); font-weight: 600; font-size: .85rem; border-top: 0; white-space: nowrap; }
        .text { text-align: left; overflow-wrap: anywhere; } td.name { font-weight: 600; }
        td.why { text-align: left; border-top: 0; padding-top: 0; overflow-wrap: anywhere; }
        form div { display: flex; gap: .5rem; margin: .5rem 0; }
        input, button { font: inherit; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: .4rem;
          background: var(--card); color: var(--text); }
        input { flex: 1; max-width: 25rem; min-width: 0; }
        @media (max-width: 50rem) {
          table, tbody { display: block; border: 0; background: none; } tr.head { display: none; }
          tr { display: block; background: var(--card); border: 1px solid var(--line); border-radius: .4rem;
            padding: .5rem .7rem; margin-bottom: .6rem; }
          tr.reason { margin-top: -.65rem; border-top: 0; border-radius: 0 0 .4rem .4rem; }
          td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .12rem 0; text-align: right; }
          td::before { content: attr(data-label); color: var(--soft); flex: none; }
          td.name { font-size: 1.1rem; } td.name::before, td.why::before { content: none; }
          td.why { display: block; } td.same { display: none; }
        }
        """

    private static let script = """
        'use strict';
        const $ = id => document.getElementById(id);
        const STATES = { subscribed: 'subscribed', not_subscribed: 'not subscribed', stopped: 'stopped',
          partly_stopped: 'partly stopped', working: 'working', breaker_open: 'left alone', paused: 'paused' };
        let seen = 0;
        let timer = 0;
        let isAsking = false;

        function element(name, text, classes, label) {
          const made = document.createElement(name);
          if (text !== undefined) made.textContent = text;
          if (classes) made.className = classes;
          if (label) made.dataset.label = label;
          return made;
        }
        function number(n) {
          if (n === undefined) return '–';
          return n.toLocaleString('en', { maximumFractionDigits: n < 100 ? 1 : 0 });
        }
        function bytes(n) {
          const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
          let i = 0;
          for (; n >= 1000 && i < units.length - 1; i++) n /= 1000;
          return number(n) + ' ' + units[i];
        }
        function time(s) {
          if (s < 60) return number(s) + ' s';
          if (s < 5400) return Math.round(s / 60) + ' min';
          if (s < 172800) return number(s / 3600) + ' h';
          return number(s / 86400) + ' d';
        }
        function tone(state) {
          if (state === 'subscribed' || state === 'working') return 'good';
          return state === 'partly_stopped' || state === 'breaker_open' ? 'warn' : 'bad';
        }
        function head(table, labels) {
          const row = element('tr', undefined, 'head');
          labels.forEach(([text, classes]) => row.append(element('th', text, classes)));
          const body = element('tbody');
          body.append(row);
          table.replaceChildren(body);
          return body;
        }
        function why(body, text, columns, classes) {
          const row = element('tr', undefined, 'reason');
          const cell = element('td', text, 'why ' + classes);
          cell.colSpan = columns;
          row.append(cell);
          body.append(row);
        }
        function showRoutes(routes) {
          const labels = ['Route', 'Channel', 'State', 'Per second', 'In flight', 'Retrying', 'Oldest', 'Lag', 'Dead letters'];
          const body = head($('routes'), labels.map((l, i) => [l, i < 3 ? 'text' : '']));
          for (const r of routes) {
            const row = element('tr');
            const cell = (text, classes, i) => row.append(element('td', text, classes, labels[i]));
            cell(r.name, 'text name', 0);
            cell(r.channel, r.channel === r.name ? 'text same' : 'text', 1);
            cell(STATES[r.state] || r.state, 'text ' + tone(r.state), 2);
            cell(number(r.per_second), '', 3);
            cell(number(r.in_flight), '', 4);
            cell(number(r.retrying), r.retrying > 0 ? 'warn' : '', 5);
            cell(time(r.oldest_unacked_seconds), '', 6);
            cell(number(r.lag), '', 7);
            cell(number(r.dead_lettered), r.dead_lettered > 0 ? 'warn' : '', 8);
            body.append(row);
            if (r.last_dead_letter) {
              const d = r.last_dead_letter;
              why(body, 'Last dead letter, ' + time(d.seconds_ago) + ' ago: message ' + d.sequence + ', ' + d.sink + ': ' + d.reason,
                labels.length, 'warn');
            }
          }
        }
        function showSinks(report) {
          const labels = ['Sink', 'State', 'Per second', 'Delivered', 'Failed', 'Files open', 'Written'];
          const body = head($('sinks'), labels.map((l, i) => [l, i < 2 ? 'text' : '']));
          for (const s of report.sinks) {
            const uses = report.routes.flatMap(r => r.sinks).filter(u => u.name === s.name);
            const sum = key => uses.reduce((all, u) => all + u[key], 0);
            const dead = report.routes.filter(r => r.dead_letter_sink === s.name).reduce((all, r) => all + r.dead_lettered, 0);
            const row = element('tr');
            const cell = (text, classes, i) => row.append(element('td', text, classes, labels[i]));
            cell(s.name, 'text name', 0);
            cell(STATES[s.state] || s.state, 'text ' + tone(s.state), 1);
            cell(number(sum('per_second')), '', 2);
            cell(number(sum('delivered') + dead), '', 3);
            cell(number(sum('retries') + sum('rejections')), '', 4);
            cell(s.files ? number(s.files.open) : '–', s.files ? '' : 'same', 5);
            cell(s.files ? bytes(s.files.bytes_written) : '–', s.files ? '' : 'same', 6);
            body.append(row);
          }
        }
        function show(report) {
          const [text, tones] = !report.ready ? ['not ready', 'bad']
            : report.problems.length ? ['ready, with trouble', 'warn'] : ['ready', 'good'];
          $('state').textContent = text;
          $('state').className = 'badge ' + tones;
          document.title = (tones === 'good' ? '' : '⚠ ') + text + ' – stan-bridged';
          document.body.className = report.ready ? '' : 'bad-all';
          $('version').textContent = report.version + ', up ' + time(report.uptime_seconds);
          $('problems').replaceChildren(...report.problems.map(p => element('li', p)));
          const s = report.session;
          $('session').textContent = (s.connected ? 'Connected to NATS at ' + (s.server || '?') : 'Not connected to NATS') + '. '
            + (s.established ? 'STAN session ' : 'No STAN session ') + s.client + ' in ' + s.cluster + ', '
            + s.reconnects + (s.reconnects === 1 ? ' reconnect.' : ' reconnects.');
          showRoutes(report.routes);
          showSinks(report);
          $('all').hidden = false;
        }
        function notice(text) {
          $('stale').textContent = text;
          $('stale').hidden = !text;
        }
        async function refresh() {
          if (isAsking) return;
          isAsking = true;
          clearTimeout(timer);
          if (await ask() && !document.hidden) timer = setTimeout(refresh, 2000);
          isAsking = false;
        }
        async function ask() {
          const token = sessionStorage.getItem('token');
          try {
            const answer = await fetch('status', {
              headers: token ? { Authorization: 'Bearer ' + token } : {}, cache: 'no-store', signal: AbortSignal.timeout(10000),
            });
            if (answer.status === 401) {
              sessionStorage.removeItem('token');
              $('login').hidden = false;
              $('all').hidden = true;
              $('state').textContent = 'locked';
              notice(token ? 'That is not the token.' : '');
              $('token').focus();
              return false;
            }
            if (!answer.ok) throw new Error('HTTP ' + answer.status);
            const report = await answer.json();
            seen = Date.now();
            $('login').hidden = true;
            notice('');
            show(report);
          } catch (error) {
            notice('No answer from the daemon (' + error.message + '). '
              + (seen ? 'What is below was so at ' + new Date(seen).toLocaleTimeString() + '.' : 'Trying again.'));
            $('state').textContent = 'no answer';
            $('state').className = 'badge bad';
            document.title = '⚠ no answer – stan-bridged';
          }
          return true;
        }
        $('login').addEventListener('submit', event => {
          event.preventDefault();
          sessionStorage.setItem('token', $('token').value);
          $('token').value = '';
          refresh();
        });
        document.addEventListener('visibilitychange', () => {
          if (document.hidden) clearTimeout(timer); else refresh();
        });
        refresh();
        """
}
