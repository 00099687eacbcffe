// One box in a scratch folder: its configuration, its elders and operators, and its daemon.
//
// The replay camera plays a folder that a symbolic link stands for; the link is pointed at another
// folder to let the camera see something else.

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const CANTEEND = process.env.CANTEEND;
const SCENES = process.env.CANTEEND_SCENES;

/** Where traces, logs and pictures of failures are left, a folder for each script. */
export const LEFT = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target"), "browser", path.basename(process.argv[1], ".mjs"));
export const SCREENS = path.join(ROOT, "docs/screens");

/** A file that the runner has made beside the scenes. */
export const made = (name) => fs.readFileSync(path.join(SCENES, name), "utf8");

/** Empties the folder of what failures leave. */
export function clearLeft() {
  fs.rmSync(LEFT, { recursive: true, force: true });
  fs.mkdirSync(LEFT, { recursive: true });
}

/** What a process holds: memory in kilobytes, handles, threads. */
export function held(pid) {
  const count = (part) => fs.readdirSync(`/proc/${pid}/${part}`).length;
  const rssKb = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
  return { rssKb, handles: count("fd"), threads: count("task") };
}

export class Box {
  static async make(name) {
    const box = new Box();
    box.folder = path.join(SCENES, `box-${name}`);
    box.log = path.join(LEFT, `${name}.log`);
    box.port = await freePort();
    fs.mkdirSync(box.folder);
    fs.writeFileSync(box.log, "");
    box.see("nobody");
    box.configure("2026-03-02T11:30:00+08:00");
    box.run(["gallery", "import", path.join(SCENES, "roster.csv"), "--photos", path.join(ROOT, "fixtures/photos")]);
    return box;
  }

  get url() {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Writes the configuration: when the clock starts, and further lines of `[camera]` and `[kiosk]`. */
  configure(startsAt, { camera = "", kiosk = "" } = {}) {
    fs.writeFileSync(
      this.file("canteend.toml"),
      `[site]
device = "browser-box"
name = "东城街道幸福食堂"
county = "开发区"
street = "东城街道"
area = "urban"
built = "new"
opened = "2025-03-01"
test_box = true
[paths]
state = "state"
models = "${ROOT}/models"
rules = "${ROOT}/config/rules/lcetdz-2022.toml"
[camera]
source = "replay"
path = "camera"
looped = true
starts_at = "${startsAt}"
${camera}
[kiosk]
listen = "127.0.0.1:${this.port}"
result_s = 1
# Who waits at lunch still waits at supper, to which the clock is set within a second.
review_min = 720
${kiosk}
`,
    );
  }

  file(name) {
    return path.join(this.folder, name);
  }

  /** Runs a command of the program on this box; its output, or an error with what it said. */
  run(words, input = "") {
    const ran = spawnSync(CANTEEND, [...words, "--config", this.file("canteend.toml")], { input, encoding: "utf8", cwd: ROOT });
    if (ran.status !== 0) throw new Error(`canteend ${words.join(" ")}: ${ran.status}: ${ran.stderr}${ran.stdout}`);
    return ran.stdout;
  }

  operator(id, name, pin) {
    this.run(["operator", "add", id, "--name", name], `${pin}\n`);
  }

  /** The entries of the ledger of these kinds. */
  entries(...kinds) {
    const lines = this.run(["ledger", "list", "--json"]).trim().split("\n");
    return lines.map((line) => JSON.parse(line)).filter((entry) => kinds.includes(entry.kind));
  }

  /** Lets the camera see another scene; `unplugged` is none. */
  see(scene) {
    const next = this.file("camera-next");
    fs.symlinkSync(path.join(SCENES, scene), next);
    fs.renameSync(next, this.file("camera"));
  }

  /** Starts the daemon, and waits until it serves the page. */
  start() {
    this.daemon = spawn(CANTEEND, ["run", "--config", this.file("canteend.toml")], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
    this.ended = new Promise((resolve) => this.daemon.once("exit", resolve));
    const serves = new Promise((resolve, reject) => {
      let said = "";
      this.daemon.stderr.on("data", (bytes) => {
        fs.appendFileSync(this.log, bytes);
        said += bytes;
        if (said.includes(this.url)) resolve();
      });
      this.ended.then((code) => reject(new Error(`canteend run ended with ${code}; see ${this.log}`)));
    });
    return serves;
  }

  async stop(signal = "SIGTERM") {
    this.daemon.kill(signal);
    await this.ended;
  }

  /** When the daemon logged its last line with this message, in milliseconds since 1970. */
  logged(message) {
    const lines = fs.readFileSync(this.log, "utf8").split("\n").filter((line) => line.includes(`"message":"${message}"`));
    return Date.parse(JSON.parse(lines.at(-1)).timestamp);
  }

  /** Processor time that a thread of the daemon has used, in milliseconds. */
  threadMs(name) {
    const tasks = `/proc/${this.daemon.pid}/task`;
    const task = fs.readdirSync(tasks).find((id) => fs.readFileSync(`${tasks}/${id}/comm`, "utf8").trim() === name);
    const fields = fs.readFileSync(`${tasks}/${task}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** Memory of the daemon, in kilobytes. */
  memoryKb() {
    return held(this.daemon.pid).rssKb;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
