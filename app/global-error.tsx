'use client';

/** When even the frame of the page failed: nothing of ours can be relied on here, so it brings its own words. */
export default function GlobalError() {
  return (
    <html lang="en">
      <body
        style={{
          font: '16px/1.5 system-ui, sans-serif',
          maxWidth: '40rem',
          margin: '15vh auto',
          padding: '0 1rem',
        }}
      >
        <title>Pulsewatch</title>
        <h1 style={{ fontSize: '1.25rem' }}>This page failed</h1>
        <p>
          Your hosts are still being watched; only the page broke. Reload it, and report it if it comes back.
        </p>
        <p lang="zh-CN">页面出错了。您的主机仍在被监视，只是页面出现故障。请重新加载；若再次出现，请报告。</p>
        <button type="button" onClick={() => window.location.reload()}>
          Reload · <span lang="zh-CN">重新加载</span>
        </button>
      </body>
    </html>
  );
}
