//! A storage layer under SQLite that counts its writes, fails them, or forgets them.
//!
//! It is SQLite's own Unix layer with five operations replaced: write, truncate, sync, close, and the
//! one that makes the index of a log.
//! Every file under the folder of a [`Disk`] goes through it. All `unsafe` of the tests is here.

use canteend::store::RESERVE_FILE;
use rusqlite::ffi;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, Weak};

/// Bytes that a real disk writes whole or not at all.
const SECTOR: usize = 512;

/// What is to go wrong. Operations are counted from 1: writes, truncations and syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Sound,
    /// The process is killed (SIGKILL) instead of the operation with this number.
    Kill(u64),
    /// The power goes at this operation: it and all later ones fail, see [`Disk::power_loss`].
    PowerLoss(u64),
    /// There is no room for anything as long as the store's reserve lies there.
    Full,
    /// This operation and `more` after it fail with this SQLite error.
    Fail { at: u64, more: u64, code: c_int },
}

enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

/// One file: what is safely on the disk, and what came since.
#[derive(Default)]
struct Image {
    durable: Vec<u8>,
    since: Vec<Change>,
}

struct State {
    plan: Plan,
    done: u64,
    images: HashMap<PathBuf, Image>,
}

/// The files under one folder.
pub struct Disk {
    root: PathBuf,
    state: Mutex<State>,
}

struct World {
    disks: Vec<Weak<Disk>>,
    /// Open files by the address of SQLite's handle.
    files: BTreeMap<usize, File>,
}

/// An open file: where it lies, and SQLite's own operations on its sort (databases are locked, logs
/// are not).
#[derive(Clone)]
struct File {
    disk: Arc<Disk>,
    path: PathBuf,
    own: &'static ffi::sqlite3_io_methods,
}

static WORLD: Mutex<World> = Mutex::new(World { disks: Vec::new(), files: BTreeMap::new() });
/// Address of SQLite's own layer.
static UNIX: OnceLock<usize> = OnceLock::new();
const WORLD_LOCK: &str = "no holder of the lock panics";

impl Disk {
    /// Puts the layer under all that SQLite opens in `root` from now on.
    pub fn under(root: &Path, plan: Plan) -> Arc<Disk> {
        install();
        let state = State { plan, done: 0, images: HashMap::new() };
        let root = root.canonicalize().expect("the folder exists");
        let disk = Arc::new(Disk { root, state: Mutex::new(state) });
        let mut world = WORLD.lock().expect(WORLD_LOCK);
        world.disks.retain(|disk| disk.strong_count() > 0);
        world.disks.push(Arc::downgrade(&disk));
        disk
    }

    /// Changes the plan and counts anew.
    pub fn plan(&self, plan: Plan) {
        let mut state = self.state.lock().expect(WORLD_LOCK);
        (state.plan, state.done) = (plan, 0);
    }

    /// Operations since the plan was made.
    pub fn done(&self) -> u64 {
        self.state.lock().expect(WORLD_LOCK).done
    }

    /// Leaves on the disk what a loss of power may leave: of what was not synced, each sector is
    /// there or not, as `coin` decides, whatever the order in which it was written.
    pub fn power_loss(&self, mut coin: impl FnMut() -> bool) {
        let mut state = self.state.lock().expect(WORLD_LOCK);
        for (path, image) in state.images.drain().filter(|(path, _)| path.exists()) {
            let mut bytes = image.durable;
            for change in image.since {
                match change {
                    Change::Truncate { length } if coin() => bytes.resize(length, 0),
                    Change::Truncate { .. } => {}
                    Change::Write { at, bytes: new } => {
                        let mut from = 0;
                        while from < new.len() {
                            let to = ((at + from) / SECTOR + 1) * SECTOR - at;
                            let to = to.min(new.len());
                            if coin() {
                                put(&mut bytes, at + from, &new[from..to]);
                            }
                            from = to;
                        }
                    }
                }
            }
            std::fs::write(path, bytes).expect("the test's folder can be written");
        }
    }

    /// Counts an operation; the error that it ends with instead of being done.
    fn admit(&self, fault: c_int) -> Result<(), c_int> {
        let mut state = self.state.lock().expect(WORLD_LOCK);
        state.done += 1;
        match state.plan {
            Plan::Kill(at) if state.done == at => kill_myself(),
            Plan::PowerLoss(at) if state.done >= at => Err(fault),
            Plan::Full if self.root.join(RESERVE_FILE).exists() => Err(ffi::SQLITE_FULL),
            Plan::Fail { at, more, code } if (at..=at + more).contains(&state.done) => Err(code),
            _ => Ok(()),
        }
    }

    /// Whether the index of a log may grow; that is not counted.
    fn admit_index(&self) -> Result<(), c_int> {
        let full = self.state.lock().expect(WORLD_LOCK).plan == Plan::Full;
        let full = full && self.root.join(RESERVE_FILE).exists();
        if full { Err(ffi::SQLITE_IOERR_SHMSIZE) } else { Ok(()) }
    }

    fn note(&self, path: &Path, change: Change) {
        let mut state = self.state.lock().expect(WORLD_LOCK);
        state.images.entry(path.to_owned()).or_default().since.push(change);
    }

    fn synced(&self, path: &Path) {
        let durable = std::fs::read(path).unwrap_or_default();
        let mut state = self.state.lock().expect(WORLD_LOCK);
        state.images.insert(path.to_owned(), Image { durable, since: Vec::new() });
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    if bytes.len() < at + new.len() {
        bytes.resize(at + new.len(), 0);
    }
    bytes[at..at + new.len()].copy_from_slice(new);
}

/// Makes our layer SQLite's default one, once.
fn install() {
    UNIX.get_or_init(|| {
        // SAFETY: a null name asks for the default layer, which lives as long as the process. The
        // copy differs from it in name and `xOpen` alone, is never freed, and is registered once.
        unsafe {
            let unix = ffi::sqlite3_vfs_find(std::ptr::null());
            let mut ours = *unix;
            ours.zName = c"durability".as_ptr();
            ours.pNext = std::ptr::null_mut();
            ours.xOpen = Some(open);
            let registered = ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1);
            assert_eq!(registered, ffi::SQLITE_OK);
            unix as usize
        }
    });
}

fn file_of(file: *mut ffi::sqlite3_file) -> File {
    let world = WORLD.lock().expect(WORLD_LOCK);
    world.files.get(&(file as usize)).cloned().expect("only files of a disk have our operations")
}

/// # Safety
/// Called by SQLite with its own arguments.
unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let own = *UNIX.get().expect("installed before") as *mut ffi::sqlite3_vfs;
    // SAFETY: the arguments are SQLite's; `own` is the layer that they were made for. A file that
    // was opened begins with a pointer to its operations, which are constants of SQLite. Ours are a
    // copy of them that is never freed.
    unsafe {
        let opened = (*own).xOpen.expect("every layer opens")(own, name, file, flags, out);
        if opened != ffi::SQLITE_OK || name.is_null() || (*file).pMethods.is_null() {
            return opened;
        }
        let path = Path::new(OsStr::from_bytes(CStr::from_ptr(name as *const c_char).to_bytes()));
        let mut world = WORLD.lock().expect(WORLD_LOCK);
        let mut disks = world.disks.iter().filter_map(Weak::upgrade);
        let Some(disk) = disks.find(|disk| path.starts_with(&disk.root)) else {
            return opened;
        };
        disk.synced(path);
        let own: &'static ffi::sqlite3_io_methods = &*(*file).pMethods;
        let ours = ffi::sqlite3_io_methods {
            xWrite: Some(write),
            xTruncate: Some(truncate),
            xSync: Some(sync),
            xClose: Some(close),
            xShmMap: own.xShmMap.map(|_| map as _),
            ..*own
        };
        (*file).pMethods = Box::leak(Box::new(ours));
        world.files.insert(file as usize, File { disk, path: path.to_owned(), own });
        opened
    }
}

/// # Safety
/// Called by SQLite with its own arguments.
unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    data: *const c_void,
    length: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let File { disk, path, own } = file_of(file);
    if let Err(code) = disk.admit(ffi::SQLITE_IOERR_WRITE) {
        return code;
    }
    // SAFETY: SQLite hands over `length` readable bytes.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length as usize) };
    disk.note(&path, Change::Write { at: at as usize, bytes: bytes.to_vec() });
    // SAFETY: SQLite's own operation on its own arguments.
    unsafe { own.xWrite.expect("files are written")(file, data, length, at) }
}

/// # Safety
/// Called by SQLite with its own arguments.
unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    let File { disk, path, own } = file_of(file);
    if let Err(code) = disk.admit(ffi::SQLITE_IOERR_TRUNCATE) {
        return code;
    }
    disk.note(&path, Change::Truncate { length: size as usize });
    // SAFETY: SQLite's own operation on its own arguments.
    unsafe { own.xTruncate.expect("files are truncated")(file, size) }
}

/// # Safety
/// Called by SQLite with its own arguments.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let File { disk, path, own } = file_of(file);
    if let Err(code) = disk.admit(ffi::SQLITE_IOERR_FSYNC) {
        return code;
    }
    // SAFETY: SQLite's own operation on its own arguments.
    let synced = unsafe { own.xSync.expect("files are synced")(file, flags) };
    disk.synced(&path);
    synced
}

/// # Safety
/// Called by SQLite with its own arguments.
unsafe extern "C" fn map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    let File { disk, own, .. } = file_of(file);
    if extend != 0
        && let Err(code) = disk.admit_index()
    {
        return code;
    }
    // SAFETY: SQLite's own operation on its own arguments.
    unsafe { own.xShmMap.expect("databases have an index")(file, region, bytes, extend, out) }
}

/// # Safety
/// Called by SQLite with its own arguments.
unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let own = file_of(file).own;
    WORLD.lock().expect(WORLD_LOCK).files.remove(&(file as usize));
    // SAFETY: SQLite's own operation on its own arguments.
    unsafe { own.xClose.expect("files are closed")(file) }
}

/// Ends this process as `kill -9` does: nothing is flushed, nothing cleaned up.
fn kill_myself() -> ! {
    const SIGKILL: c_int = 9;
    unsafe extern "C" {
        fn getpid() -> c_int;
        fn kill(pid: c_int, signal: c_int) -> c_int;
    }
    // SAFETY: both are POSIX calls without pointers; the process named is this one.
    unsafe { kill(getpid(), SIGKILL) };
    unreachable!("SIGKILL cannot be outlived")
}
