// Runs before anything is drawn: the server needs the viewer's time zone.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const told = document.cookie.split("; ").includes(`zone=${zone}`);
if (!told) {
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  if (document.cookie.includes("zone=")) location.reload();
}
