// Whether the files of deploy/ do what they say: each proxy in front of the release build, by TLS, as browsers and programs use
// it, and the unit as systemd reads it. `make deploytest`. Must not change a file of deploy/ beyond ports, paths and the
// certificate, nor reach anything but loopback.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = resolve(import.meta.dirname, '../..');
const BIN = resolve(process.env.LATCHKEY_BIN || join(ROOT, 'target/release/latchkey'));
const CADDY = process.env.LATCHKEY_CADDY || 'caddy';
const NGINX = process.env.LATCHKEY_NGINX || 'nginx';

const HOST = 'accounts.example.com';
const EMAIL = 'sam@example.com';
const PASSWORD = 'correct horse battery staple';
/** Where our requests come from; the proxies reach the server from 127.0.0.1. */
const CLIENT = '127.0.0.2';
const STRANGER = '203.0.113.7';

const scratch = mkdtempSync(join(tmpdir(), 'latchkey-deploy.'));
chmodSync(scratch, 0o755); // nginx gives away root's rights
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

/** A file of deploy/, with each of these texts replaced everywhere; one that is not there is a mistake of this file. */
function example(name, replacements) {
  let text = readFileSync(join(ROOT, 'deploy', name), 'utf8');
  for (const [from, to] of replacements) {
    assert.ok(text.includes(from), `deploy/${name} has no ${JSON.stringify(from)}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function start(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (child.log += text));
  child.exited = once(child, 'exit').finally(() => children.delete(child));
  child.exited.catch(() => {});
  return child;
}

async function stop(child) {
  child.kill('SIGTERM');
  return (await child.exited)[0];
}

/** Asks until the answer is true; whoever takes too long is told of with their log. */
async function until(what, isTrue, child) {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await isTrue();
    if (answer) return answer;
    assert.ok(child.exitCode === null, `${what}: it ended:\n${child.log}`);
    await pause(100);
  }
  assert.fail(`${what}: not within 30 s:\n${child.log}`);
}

/** A request as it is written, from CLIENT; the answer with its body. */
function send(origin, method, path, headers = {}, body = '') {
  const { port, ca } = origin;
  const options = { host: '127.0.0.1', port, method, path, localAddress: origin.from ?? CLIENT, agent: false };
  options.headers = { Host: HOST, Accept: 'text/html', ...headers };
  if (body) options.headers['Content-Length'] = Buffer.byteLength(body);
  return new Promise((done, failed) => {
    const request = ca ? tlsRequest({ ...options, servername: HOST, ca }) : plainRequest(options);
    request.on('error', failed);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, raw: response.rawHeaders, body: text }));
    });
    request.end(body);
  });
}

function form(origin, path, cookies, fields, headers = {}) {
  const fromHere = { 'Sec-Fetch-Site': 'same-origin', Origin: `https://${HOST}` };
  const type = { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: cookies };
  return send(origin, 'POST', path, { ...type, ...fromHere, ...headers }, new URLSearchParams(fields).toString());
}

/** The cookies of an answer, as they are sent back. */
const cookiesOf = (answer) => (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');

/** Values of a header, each time that it was sent. */
const sent = (answer, name) => answer.raw.filter((_, at) => at % 2 === 1 && answer.raw[at - 1].toLowerCase() === name);

/** A server with the settings of deploy/latchkey.toml. */
async function startServer() {
  const folder = mkdtempSync(join(scratch, 'server.'));
  const [port, metrics, nobody] = [await freePort(), await freePort(), await freePort()];
  const settings = example('latchkey.toml', [
    ['sqlite:///var/lib/latchkey/latchkey.db', `sqlite://${folder}/latchkey.db`],
    ['smtps://accounts:secret@mail.example.com', `smtp://127.0.0.1:${nobody}`],
    ['127.0.0.1:9464', `127.0.0.1:${metrics}`],
    ['/usr/local/share/latchkey/', `${ROOT}/target/`],
  ]);
  writeFileSync(join(folder, 'latchkey.toml'), settings, { mode: 0o640 });
  const clean = Object.entries(process.env).filter(([name]) => !/^(LATCHKEY_|LEPTOS_|DATABASE_URL$|PORT$|RUST_LOG$)/.test(name));
  const env = { ...Object.fromEntries(clean), LATCHKEY_CONFIG: join(folder, 'latchkey.toml'), PORT: `${port}` };
  const run = (...args) => spawnSync(BIN, args, { cwd: folder, env, encoding: 'utf8' });
  const child = start(BIN, ['serve'], { cwd: folder, env });
  await until('the server is there', () => run('health', '--ready').status === 0, child);
  return { child, port, metrics, run };
}

/** Each proxy: starts it in front of a port, and answers with where it is and what was started. */
const PROXIES = {
  async caddy(server) {
    const [http, https] = [await freePort(), await freePort()];
    const file = join(scratch, 'Caddyfile');
    // Its own authority signs the certificate; everything else is the example's.
    const here = `http_port ${http}\n\thttps_port ${https}\n\tdefault_bind 127.0.0.1\n\tadmin off\n\tlocal_certs\n\tskip_install_trust`;
    writeFileSync(
      file,
      example('Caddyfile', [
        ['auto_https disable_redirects', `auto_https disable_redirects\n\t${here}`],
        ['127.0.0.1:3000', `127.0.0.1:${server.port}`],
      ]),
    );
    const env = { ...process.env, HOME: scratch, XDG_DATA_HOME: scratch, XDG_CONFIG_HOME: scratch };
    const child = start(CADDY, ['run', '--config', file, '--adapter', 'caddyfile'], { env });
    const root = join(scratch, 'caddy/pki/authorities/local/root.crt');
    await until('its certificate is made', () => existsSync(root), child);
    return { child, http, https, ca: readFileSync(root) };
  },

  async nginx(server) {
    const [http, https] = [await freePort(), await freePort()];
    const [certificate, key] = [join(scratch, 'nginx.pem'), join(scratch, 'nginx.key')];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${HOST}`,
        '-addext', `subjectAltName=DNS:${HOST}`, '-keyout', key, '-out', certificate],
      { stdio: 'pipe' },
    );
    const site = join(scratch, 'site.conf');
    writeFileSync(
      site,
      example('nginx.conf', [
        ['/etc/ssl/accounts.example.com.pem', certificate],
        ['/etc/ssl/private/accounts.example.com.key', key],
        ['listen [::]:80;', ''],
        ['listen [::]:443 ssl http2;', ''],
        ['listen 80;', `listen 127.0.0.1:${http};`],
        ['listen 443 ssl http2;', `listen 127.0.0.1:${https} ssl http2;`],
        ['127.0.0.1:3000', `127.0.0.1:${server.port}`],
      ]),
    );
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${scratch}/${name};`);
    const whole = join(scratch, 'nginx-whole.conf');
    writeFileSync(
      whole,
      `daemon off; pid ${scratch}/nginx.pid; error_log stderr; events {}
       http { access_log off; gzip on; ${temporary.join(' ')} include ${site}; }`,
    );
    const child = start(NGINX, ['-e', 'stderr', '-p', scratch, '-c', whole]);
    return { child, http, https, ca: readFileSync(certificate) };
  },
};

for (const [name, startProxy] of Object.entries(PROXIES)) {
  test(`deploy: ${name}`, async (t) => {
    const server = await startServer();
    const proxy = await startProxy(server);
    after(async () => {
      await stop(proxy.child);
      if (server.child.exitCode === null) await stop(server.child);
    });
    const site = { port: proxy.https, ca: proxy.ca };
    const unsafe = { port: proxy.http };
    const answers = async () => (await send(site, 'GET', '/health').catch(() => ({}))).status === 200;
    await until('the proxy is there', answers, proxy.child);
    /** The lines of the log about a request that its path tells apart. */
    const lines = () => server.child.log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    const addressOf = async (path) => {
      const about = (line) => line.message === 'answered' && line.span.path === path;
      const line = await until(`a line about ${path}`, () => lines().find(about), server.child);
      return line.span.address;
    };

    await t.test('its settings are fit to run with', () => {
      const check = server.run('config', 'check');
      assert.equal(check.status, 0, check.stderr);
    });

    // ASVS 3.4.1, 13.4.6.
    await t.test('a page comes with each header once, and tells no version', async () => {
      const page = await send(site, 'GET', '/sign-in', { 'Accept-Encoding': 'gzip, br' });
      assert.equal(page.status, 200);
      assert.deepEqual(sent(page, 'strict-transport-security'), ['max-age=63072000; includeSubDomains']);
      assert.equal(sent(page, 'content-security-policy').length, 1);
      assert.equal(page.headers['content-encoding'], undefined, 'pages are not compressed');
      assert.doesNotMatch(`${page.headers.server}${page.headers.via}${page.headers['x-powered-by']}`, /[0-9]/);
    });

    let session;
    // ASVS 3.3.1, 3.3.2, 3.3.4.
    await t.test('somebody chooses a password by link, signs in, and is known', async () => {
      const made = server.run('user', 'create', '--email', EMAIL);
      const link = new URL(/https:\S+/.exec(made.stdout)?.[0] ?? assert.fail(made.stderr));
      assert.equal(link.host, HOST);
      const opened = await send(site, 'GET', link.pathname + link.search);
      const chosen = await form(site, '/api/reset_password', cookiesOf(opened), { new_password: PASSWORD });
      assert.deepEqual([chosen.status, chosen.headers.location], [303, '/sign-in'], chosen.body);
      const entered = await form(site, '/api/sign_in', '', { identifier: EMAIL, password: PASSWORD });
      assert.deepEqual([entered.status, entered.headers.location], [303, '/dashboard'], entered.body);
      const cookie = entered.headers['set-cookie'].find((line) => line.startsWith('__Host-latchkey=')) ?? assert.fail(entered.raw);
      for (const part of [/; Secure(;|$)/, /; HttpOnly(;|$)/, /; SameSite=Lax(;|$)/, /; Path=\/(;|$)/]) assert.match(cookie, part);
      assert.doesNotMatch(cookie, /Domain=/i);
      session = cookie.split(';')[0];
      const dashboard = await send(site, 'GET', '/dashboard', { Cookie: session });
      assert.equal(dashboard.status, 200);
      assert.ok(dashboard.body.includes(EMAIL));
      assert.equal(dashboard.headers['cache-control'], 'no-store');
    });

    // ASVS 4.1.3, 15.3.4.
    await t.test('the address in the log is the one that reached the proxy, whatever a client says', async () => {
      assert.equal(lines().find((line) => line.message === 'signed in').address, CLIENT);
      const claims = { 'X-Forwarded-For': STRANGER, 'X-Real-IP': STRANGER, Forwarded: `for=${STRANGER}`, 'True-Client-IP': STRANGER };
      await send(site, 'GET', '/claimed', claims);
      assert.equal(await addressOf('/claimed'), CLIENT);
      await send(site, 'GET', '/claimed-twice', { 'X-Forwarded-For': [STRANGER, `${STRANGER}, 127.0.0.1`] });
      assert.equal(await addressOf('/claimed-twice'), CLIENT);
      // Past the proxy, from where no trusted one is.
      await send({ port: server.port, from: '127.0.0.3' }, 'GET', '/claimed-past', claims);
      assert.equal(await addressOf('/claimed-past'), '127.0.0.3');
    });

    await t.test('the doctor sees the proxy, and that it is named', async () => {
      const seen = () => JSON.parse(server.run('doctor', '--json').stdout).findings.filter((finding) => finding.check === 'proxy');
      const isWell = () => seen().every((finding) => finding.verdict === 'ok');
      // What came past the proxy was meant to be refused.
      await until('the proxy is noted', isWell, server.child).catch((error) => assert.fail(`${error.message}\n${JSON.stringify(seen())}`));
    });

    // ASVS 13.4.5.
    await t.test('figures are not where the site is', async () => {
      assert.equal((await send(site, 'GET', '/metrics')).status, 404);
      assert.equal((await send({ port: server.metrics }, 'GET', '/metrics')).status, 200);
    });

    // ASVS 4.1.2.
    await t.test('without TLS browsers are led to where it is, and programs are refused', async () => {
      const led = await send(unsafe, 'GET', '/reset-password?token=a%2Fb', { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
      assert.deepEqual([led.status, led.headers.location], [308, `https://${HOST}/reset-password?token=a%2Fb`]);
      const token = { Authorization: 'Bearer x' };
      for (const [method, path, headers] of [
        ['GET', '/users/me', token],
        ['GET', '/users/me', { ...token, Accept: '*/*' }],
        ['GET', '/openapi.json', { Accept: 'application/json' }],
        ['POST', '/auth/login', { 'Content-Type': 'application/json' }],
        ['POST', '/api/sign_in', { 'Content-Type': 'application/x-www-form-urlencoded' }],
        ['DELETE', '/users/me/sessions', token],
      ]) {
        const refused = await send(unsafe, method, path, headers, method === 'POST' ? 'x=1' : '');
        assert.deepEqual([refused.status, refused.headers.location], [403, undefined], `${method} ${path}`);
        assert.equal(refused.headers['set-cookie'], undefined);
      }
    });

    // ASVS 3.5.1, 13.4.4.
    await t.test('what the server refuses is refused behind the proxy, too', async () => {
      const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
      const forged = await form(site, '/api/sign_out', session, {}, foreign);
      assert.equal(forged.status, 403);
      assert.equal((await send(site, 'GET', '/dashboard', { Cookie: session })).status, 200);
      const traced = await send(site, 'TRACE', '/sign-in', { 'X-Canary': 'canary' });
      assert.ok(traced.status >= 400 && traced.status < 500 && !traced.body.includes('canary'), `${traced.status} ${traced.body}`);
      const large = await form(site, '/api/sign_in', '', { identifier: 'x'.repeat(100_000) });
      assert.equal(large.status, 413);
      assert.equal(sent(large, 'content-security-policy').length, 1, 'in our own words');
    });

    // ASVS 3.4.1, 16.5.2.
    await t.test('it ends when asked, and the proxy says that nobody is there', async () => {
      assert.equal(await stop(server.child), 0, server.child.log);
      const alone = await send(site, 'GET', '/sign-in');
      assert.ok([502, 503, 504].includes(alone.status), `${alone.status}`);
      assert.deepEqual(sent(alone, 'strict-transport-security'), ['max-age=63072000; includeSubDomains']);
      assert.doesNotMatch(`${alone.headers.server}${alone.body}`, /(nginx|caddy)\/[0-9]/i);
    });
  });
}

const HAS_SYSTEMD = spawnSync('systemd-analyze', ['--version']).status === 0;
test('deploy: systemd', { skip: !HAS_SYSTEMD && 'there is no systemd-analyze here' }, () => {
  const unit = join(scratch, 'latchkey.service');
  writeFileSync(unit, example('latchkey.service', [['/usr/local/bin/latchkey', BIN]]));
  const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
  assert.deepEqual([verified.status, verified.stdout + verified.stderr], [0, '']);
  const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], { encoding: 'utf8' });
  const exposure = /Overall exposure level for \S+: ([0-9.]+)/.exec(rated.stdout)?.[1];
  assert.ok(Number(exposure) <= 1.5, `exposure ${exposure}\n${rated.stdout}${rated.stderr}`);
});
