// Before anything is drawn: the server must know the viewer's zone to write times in it.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const told = document.cookie.split("; ").includes(`zone=${zone}`);
if (!told) {
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  if (document.cookie.includes("zone=")) location.reload();
}
