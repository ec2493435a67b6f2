"""The page to sign in: a file that the browser runs, so that a visitor leaves no state on the server."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from console.pages.viewer import SIGN_IN

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_PAGE = """<!doctype html>
<html lang="en-GB">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Sign in · flagfive</title>
  <link rel="stylesheet" href="{files}/console.css">
  <script type="module" src="{files}/sign_in.js"></script>
</head>
<body class="body--light">
  <main class="gate">
    <div class="panel stack gate-panel">
      <h1>flagfive</h1>
      <p class="muted">Flag five, catch the rest.</p>
      <form aria-label="Sign in">
        <label>Name<input name="name" autocomplete="username" maxlength="100" required autofocus></label>
        <label>Password
          <input name="password" type="password" autocomplete="current-password" maxlength="200" required>
        </label>
        <label data-code hidden>Code from your authenticator app, or a recovery code
          <input name="code" autocomplete="one-time-code" autocapitalize="off" maxlength="40">
        </label>
        <div class="told" role="alert"></div>
        <button class="plain-button go" type="submit">Sign in</button>
        <a data-provider href="/api/v1/session/provider" hidden>Sign in with your organisation</a>
      </form>
    </div>
  </main>
</body>
</html>
"""


def add_sign_in_page(app: FastAPI, files: str) -> None:
    """Serve the page at /sign-in; its scripts are below the path `files`."""
    page = HTMLResponse(_PAGE.format(files=files), headers={"Content-Security-Policy": POLICY})

    @app.get(SIGN_IN, include_in_schema=False)
    def sign_in() -> HTMLResponse:
        return page
