/** @type {import('next').NextConfig} */
const config = {
  reactStrictMode: true,
  poweredByHeader: false,
  // The server answers compression itself where it helps; live frames must never be buffered by it.
  compress: true,
  // `localhost` and 127.0.0.1 are the same place to a developer; without this HMR is refused on the latter.
  allowedDevOrigins: ['127.0.0.1', 'localhost'],
  agentRules: false,
  // No page has an image to be resized, and an open resizer is a way to keep the server busy.
  images: { unoptimized: true },
  // `npm run check` checks types, tests included; a start must not wait for that.
  typescript: { ignoreBuildErrors: true },
  turbopack: {
    root: import.meta.dirname,
    resolveAlias: {
      // socket.io-client imports its JSON parser even where another is given to it; ours is the only one in use.
      'socket.io-parser': 'socket.io-msgpack-parser',
    },
  },
};

export default config;
