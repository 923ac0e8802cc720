// A plain script's use: the global that the file defines.
/// <reference path="../../../../client/index.d.ts" />
const viewer = Ovation.watch({ stream: "s", user: "u" });
viewer.on("comment", ({ user, text }) => console.log(user, text));
