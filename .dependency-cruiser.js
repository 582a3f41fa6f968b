/**
 * Who may import whom (the table in ARCHITECTURE.md). One rule a wall, each with a sentence why.
 * A folder's own files may always import each other.
 */

/** @param {string} path @param {string[]} allowed */
const only = (path, allowed) => ({ from: { path }, to: { pathNot: allowed } });

const external = (...names) => `node_modules/(${names.join('|')})(/|$)`;
/** Tests, contract suites and what only they use. */
const TESTS = '(\\.(test|contract)\\.tsx?$|/testing/)';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means two files are one idea, or a wall is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-imports-app',
      comment: 'Routes pick a view and pass parameters; there is nothing in them to reuse.',
      severity: 'error',
      from: { pathNot: '^app/' },
      to: { path: '^app/' },
    },
    {
      name: 'browser-never-imports-server',
      comment: 'The browser knows the server by its protocol alone; anything else would end in the bundle.',
      severity: 'error',
      from: { path: '^(app|components|lib)/', pathNot: TESTS },
      to: { path: '^server/' },
    },
    {
      name: 'protocol-imports-nothing',
      comment: 'The contract is read by everyone, so it may depend on no one.',
      severity: 'error',
      ...only('^lib/protocol/(?!.*\\.test\\.)', ['^lib/protocol/']),
    },
    {
      name: 'client-imports-protocol-and-its-transports',
      comment: 'Browser sync is a library of its own: no pages, no server, React in use-live.ts alone.',
      severity: 'error',
      from: { path: '^lib/client/', pathNot: [TESTS, 'use-live\\.ts$'] },
      to: {
        pathNot: [
          '^lib/(client|protocol)/',
          external('zustand', 'socket\\.io-client', 'socket\\.io-msgpack-parser', 'eventsource-parser'),
        ],
      },
    },
    {
      name: 'react-in-use-live-alone',
      comment:
        'One file binds the view store to React, so that the rest runs and is tested without a browser.',
      severity: 'error',
      from: { path: '^lib/client/use-live\\.ts$' },
      to: { pathNot: ['^lib/(client|protocol)/', external('react', 'zustand', '@types/react')] },
    },
    {
      name: 'ui-knows-no-host',
      comment:
        'Buttons and dialogs know React, Next’s links and each other; a host in them would be a page in disguise.',
      severity: 'error',
      from: { path: '^components/ui/', pathNot: TESTS },
      to: {
        pathNot: ['^components/(ui|i18n)/', external('react', 'react-dom', '@types/react', 'next')],
      },
    },
    {
      name: 'pages-do-not-import-each-other',
      comment: 'A component two pages share belongs to components/ui or components/live.',
      severity: 'error',
      from: { path: '^components/(overview|hosts|alerts|events|settings|add|transports|login)/' },
      to: {
        path: '^components/(overview|hosts|alerts|events|settings|add|transports|login|shell)/',
        pathNot: '^components/$1/',
      },
    },
    {
      name: 'app-picks-views',
      comment: 'Routes import components and the contract, not the machinery behind them.',
      severity: 'error',
      from: { path: '^app/' },
      to: { path: '^(lib/client|server)/' },
    },
    {
      name: 'engine-is-alone',
      comment:
        'The engine runs in workers: no HTTP, no store, no npm package but what server/libc stands on.',
      severity: 'error',
      from: { path: '^server/engine/', pathNot: [TESTS, '^server/engine/simulation/run'] },
      to: {
        pathNot: [
          '^server/(engine/|libc/|clock\\.ts$|host-(id|keys)\\.ts$)',
          '^lib/protocol/',
          '^(node:)?(dgram|worker_threads|crypto|net|dns)',
        ],
      },
    },
    {
      name: 'libc-knows-no-heartbeat',
      comment:
        'System calls and pinned memory, for the engine’s receiver and the simulated fleet; no rule of ours.',
      severity: 'error',
      from: { path: '^server/libc/', pathNot: TESTS },
      to: { pathNot: ['^server/libc/', external('koffi'), '^(node:)?[a-z_/]+$'] },
    },
    {
      name: 'koffi-in-libc-alone',
      comment: 'What the kernel writes to must stay referenced for ever: one folder answers for that.',
      severity: 'error',
      from: { pathNot: '^server/libc/' },
      to: { path: external('koffi').replace('node_modules', '^node_modules') },
    },
    {
      name: 'engine-has-one-door',
      comment: 'Its insides may change with every measurement; index.ts may not.',
      severity: 'error',
      from: { path: '^server/', pathNot: ['^server/engine/', TESTS] },
      to: { path: '^server/engine/', pathNot: '^server/engine/(index|events)\\.ts$' },
    },
    {
      name: 'alerts-are-pure',
      comment:
        'Alert logic is a function of what happened: no clock, no socket, no disk, so that it can be replayed.',
      severity: 'error',
      from: { path: '^server/alerts/', pathNot: TESTS },
      to: { pathNot: ['^server/alerts/', '^lib/protocol/'] },
    },
    {
      name: 'store-and-live-stand-on-the-contract',
      comment: 'The live log is fed; it asks nobody.',
      severity: 'error',
      from: { path: '^server/(store|live)/', pathNot: TESTS },
      to: {
        pathNot: [
          '^server/(store|live)/',
          '^server/(clock|host-id|keyset-window)\\.ts$',
          '^lib/protocol/',
          // Node's own, as dependency-cruiser spells them.
          '^(node:)?[a-z_/]+$',
        ],
      },
    },
    {
      name: 'live-does-not-read-the-store',
      comment: 'Live watching goes on when the disk is full.',
      severity: 'error',
      from: { path: '^server/live/', pathNot: TESTS },
      to: { path: '^server/store/' },
    },
    {
      name: 'pipeline-sends-nothing-itself',
      comment: 'It decides and hands on; what a viewer or a caller gets is made by those who face them.',
      severity: 'error',
      from: { path: '^server/pipeline/', pathNot: TESTS },
      to: { path: '^server/(transports|http|auth|agent|bench|main)' },
    },
    {
      name: 'transports-and-http-read-only',
      comment: 'They read the live log and the store; commands are functions handed in by main.',
      severity: 'error',
      from: { path: '^server/(transports|http)/', pathNot: TESTS },
      to: { path: '^server/(engine|alerts|agent|bench|pipeline|main|testing)' },
    },
    {
      name: 'agent-ships-alone',
      comment: 'An agent is installed on every host: it needs the protocol and Node, nothing else.',
      severity: 'error',
      from: { path: '^server/agent/', pathNot: TESTS },
      to: {
        pathNot: [
          '^server/(agent/|host-(id|keys)\\.ts$)',
          // `pulsewatch simulate` alone, where there is one.
          '^server/libc/',
          // `pulsewatch backup` alone opens the server's own file, and loads this when it is asked to.
          '^server/store/sqlite/(backup|database-file)\\.ts$',
          '^lib/protocol/',
          '^(node:)?[a-z_/]+$',
        ],
      },
    },
    {
      name: 'auth-knows-no-host',
      comment:
        'Who may come in is decided from headers and accounts; what is behind the door is not its matter.',
      severity: 'error',
      from: { path: '^server/auth/', pathNot: TESTS },
      to: {
        pathNot: [
          '^server/auth/',
          '^server/store/store\\.ts$',
          '^server/clock\\.ts$',
          '^lib/protocol/',
          '^(node:)?[a-z_/]+$',
        ],
      },
    },
    {
      name: 'testing-is-for-tests',
      comment: 'Fake clocks and socket pairs have no place in what runs.',
      severity: 'error',
      from: { pathNot: [TESTS, '^server/bench/', '^e2e/', '^server/transports/contract-'] },
      to: { path: '/testing/', pathNot: 'node_modules' },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that resolves to nothing breaks at run time.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^\\.next/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.json', '.css'],
    },
  },
};
