// SPDX-License-Identifier: Apache-2.0
#include "unit/store/fault_vfs.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <new>
#include <random>

namespace fairlead::store {

namespace {

FaultVfs* shim(sqlite3_vfs* vfs) { return static_cast<FaultVfs*>(vfs->pAppData); }

/// Our file; the real one's memory follows it.
struct File {
  sqlite3_file base;
  FaultVfs* vfs;
  char name[64];
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* ours(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return ours(file)->real(); }
const sqlite3_io_methods* methods(sqlite3_file* file) { return real(file)->pMethods; }

int close_file(sqlite3_file* f) { return methods(f)->xClose(real(f)); }
int read_file(sqlite3_file* f, void* to, int size, sqlite3_int64 at) { return methods(f)->xRead(real(f), to, size, at); }

int write_file(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  ours(f)->vfs->record(
      {FaultVfs::Kind::write, ours(f)->name, at, std::string(static_cast<const char*>(from), static_cast<std::size_t>(size))});
  return methods(f)->xWrite(real(f), from, size, at);
}

int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  ours(f)->vfs->record({FaultVfs::Kind::truncate, ours(f)->name, size, {}});
  return methods(f)->xTruncate(real(f), size);
}

int sync_file(sqlite3_file* f, int flags) {
  if (ours(f)->vfs->failing()) return SQLITE_IOERR_FSYNC;
  const int code = methods(f)->xSync(real(f), flags);
  ours(f)->vfs->record({FaultVfs::Kind::sync, ours(f)->name, 0, {}});
  return code;
}

int file_size(sqlite3_file* f, sqlite3_int64* size) { return methods(f)->xFileSize(real(f), size); }
int lock(sqlite3_file* f, int level) { return methods(f)->xLock(real(f), level); }
int unlock(sqlite3_file* f, int level) { return methods(f)->xUnlock(real(f), level); }
int reserved(sqlite3_file* f, int* held) { return methods(f)->xCheckReservedLock(real(f), held); }
int control(sqlite3_file* f, int op, void* arg) { return methods(f)->xFileControl(real(f), op, arg); }
int sector(sqlite3_file* f) { return methods(f)->xSectorSize(real(f)); }
int characteristics(sqlite3_file* f) { return methods(f)->xDeviceCharacteristics(real(f)); }
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** to) {
  return methods(f)->xShmMap(real(f), page, size, extend, to);
}
int shm_lock(sqlite3_file* f, int offset, int n, int flags) { return methods(f)->xShmLock(real(f), offset, n, flags); }
void shm_barrier(sqlite3_file* f) { methods(f)->xShmBarrier(real(f)); }
int shm_unmap(sqlite3_file* f, int remove) { return methods(f)->xShmUnmap(real(f), remove); }

const sqlite3_io_methods io = {.iVersion = 2,
                               .xClose = close_file,
                               .xRead = read_file,
                               .xWrite = write_file,
                               .xTruncate = truncate_file,
                               .xSync = sync_file,
                               .xFileSize = file_size,
                               .xLock = lock,
                               .xUnlock = unlock,
                               .xCheckReservedLock = reserved,
                               .xFileControl = control,
                               .xSectorSize = sector,
                               .xDeviceCharacteristics = characteristics,
                               .xShmMap = shm_map,
                               .xShmLock = shm_lock,
                               .xShmBarrier = shm_barrier,
                               .xShmUnmap = shm_unmap,
                               .xFetch = nullptr,
                               .xUnfetch = nullptr};

std::string name_of(const char* path) { return path ? std::filesystem::path(path).filename().string() : std::string("temporary"); }

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* f, int flags, int* out_flags) {
  auto* file = new (f) File{};
  file->vfs = shim(vfs);
  std::strncpy(file->name, name_of(path).c_str(), sizeof file->name - 1);
  const int code = shim(vfs)->real()->xOpen(shim(vfs)->real(), path, file->real(), flags, out_flags);
  file->base.pMethods = file->real()->pMethods ? &io : nullptr;
  return code;
}

int remove(sqlite3_vfs* vfs, const char* path, int sync) {
  const int code = shim(vfs)->real()->xDelete(shim(vfs)->real(), path, sync);
  if (code == SQLITE_OK) shim(vfs)->record({FaultVfs::Kind::remove, name_of(path), 0, {}});
  if (code == SQLITE_OK && sync) shim(vfs)->record({FaultVfs::Kind::sync, name_of(path), 0, {}});
  return code;
}

/// Applies a change to the content of its file, its bytes from `first` to `last` only.
void apply(std::string& content, const FaultVfs::Change& change, std::size_t first, std::size_t last) {
  const auto at = static_cast<std::size_t>(change.offset);
  switch (change.kind) {
    case FaultVfs::Kind::write:
      if (last > first) content.resize(std::max(content.size(), at + last));
      std::copy(change.bytes.begin() + static_cast<std::ptrdiff_t>(first), change.bytes.begin() + static_cast<std::ptrdiff_t>(last),
                content.begin() + static_cast<std::ptrdiff_t>(at + first));
      break;
    case FaultVfs::Kind::truncate: content.resize(std::min(content.size(), at)); break;
    case FaultVfs::Kind::remove: content.clear(); break;
    case FaultVfs::Kind::sync: break;
  }
}

/// Something between nothing and all of a change that was not synced, torn at 512 bytes.
void apply_partly(std::string& content, const FaultVfs::Change& change, std::mt19937& random) {
  const std::size_t size = change.bytes.size();
  const std::size_t cut = std::min(size, (random() % (size / 512 + 1)) * 512);
  switch (random() % 4) {
    case 0: return;
    case 1: return apply(content, change, 0, change.kind == FaultVfs::Kind::write ? cut : size);
    case 2: return apply(content, change, change.kind == FaultVfs::Kind::write ? cut : 0, size);
    default: return apply(content, change, 0, size);
  }
}

}  // namespace

FaultVfs::FaultVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.zName = "fault";
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  // The other calls of the real VFS read its own pAppData; they are given the real VFS again.
  vfs_.xAccess = [](sqlite3_vfs* v, const char* path, int flags, int* out) {
    return shim(v)->real()->xAccess(shim(v)->real(), path, flags, out);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* v, const char* path, int n, char* out) {
    return shim(v)->real()->xFullPathname(shim(v)->real(), path, n, out);
  };
  sqlite3_vfs_register(&vfs_, 1);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

void FaultVfs::record(Change change) {
  std::lock_guard lock(mutex_);
  changes_.push_back(std::move(change));
}

std::size_t FaultVfs::changes() const {
  std::lock_guard lock(mutex_);
  return changes_.size();
}

std::map<std::string, std::string> FaultVfs::image(std::size_t count, unsigned seed) const {
  std::lock_guard lock(mutex_);
  std::mt19937 random(seed);
  std::map<std::string, std::size_t> synced;
  for (std::size_t i = 0; i < count; ++i) {
    if (changes_[i].kind == Kind::sync) synced[changes_[i].file] = i;
  }
  std::map<std::string, std::string> files;
  for (std::size_t i = 0; i < count; ++i) {
    const Change& change = changes_[i];
    const auto found = synced.find(change.file);
    const bool durable = found != synced.end() && i < found->second;
    if (durable)
      apply(files[change.file], change, 0, change.bytes.size());
    else
      apply_partly(files[change.file], change, random);
  }
  return files;
}

}  // namespace fairlead::store
