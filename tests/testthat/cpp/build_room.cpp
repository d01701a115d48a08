// Tests of src/build/ that need neither R nor a compiler at run time. Prints "name ok" or
// "name FAIL" and exits with status 1 when something failed. From the top of the
// repository:
//   g++ -std=c++17 -Isrc tests/testthat/cpp/build_room.cpp src/base/diagnostic.cpp
//     src/build/*.cpp -ldl -o build_room && ./build_room
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/diagnostic.h"
#include "build/cache.h"
#include "build/cache_folder.h"
#include "build/compile.h"
#include "build/key.h"
#include "build/library.h"
#include "build/process.h"
#include "build/sha256.h"

using namespace rkeops;

namespace {

int failures = 0;

void check(const std::string& name, bool passed) {
  std::printf("%s %s\n", name.c_str(), passed ? "ok" : "FAIL");
  if (!passed) ++failures;
}

bool throws(ErrorKind kind, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind == kind;
  }
  return false;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

bool is_empty(const std::string& folder) {
  return exists(folder) && rmdir(folder.c_str()) == 0 && mkdir(folder.c_str(), 0700) == 0;
}

/// Files whose names end so.
int count_of(const std::string& folder, const std::string& end) {
  const ProcessResult result =
      run_process({"/bin/sh", "-c", "ls '" + folder + "' | grep -c '" + end + "$'"});
  return std::atoi(result.output.c_str());
}

void set_age(const std::string& path, int seconds) {
  timespec times[2];
  clock_gettime(CLOCK_REALTIME, &times[0]);
  times[0].tv_sec -= seconds;
  times[1] = times[0];
  utimensat(AT_FDCWD, path.c_str(), times, 0);
}

/// A new empty cache folder below `root`.
std::string new_folder(const std::string& root) {
  std::string path = root + "/cache-XXXXXX";
  return mkdtemp(&path[0]);
}

std::string key_of(const std::string& text) { return sha256_hex(text).substr(0, 32); }

std::string copy_step(const std::string& source, const std::string& product) {
  write_text(product, "compiled " + read_text(source));
  return "log";
}

Product get(const std::string& folder, const std::string& source,
            const CompileStep& step = copy_step, double maximum_bytes = 1e9,
            const LoadStep& load = {}) {
  return cached_library({folder, maximum_bytes}, key_of(source), source, ".cpp", ".so",
                        step, load);
}

/// Whether it is there, whole.
bool is_there(const std::string& folder, const std::string& source,
              const LoadStep& load = {}) {
  return load_cached_library({folder, 1e9}, key_of(source), ".so", load);
}

std::string never_step(const std::string&, const std::string&) {
  throw internal_error("compiled twice");
}

void test_sha256() {
  check("sha256 of nothing",
        sha256_hex("") ==
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check("sha256 of one block",
        sha256_hex("abc") ==
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  check("sha256 of two blocks",
        sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  check("sha256 of a million bytes",
        sha256_hex(std::string(1000000, 'a')) ==
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

void test_key() {
  const KeyParts parts{"source", {"-a", "-b"}, "gcc", "cpu", "1.0", 1, "headers"};
  const std::string key = library_key(parts);
  check(
      "key has 32 digits",
      key.size() == 32 && key.find_first_not_of("0123456789abcdef") == std::string::npos);
  check("key is stable", key == library_key(parts));
  KeyParts joined = parts, moved = parts, newer = parts;
  joined.flags = {"-a-b"};
  moved.code = "source2:-a";
  moved.flags = {"-b"};
  newer.abi_version = 2;
  check("key tells flags apart", key != library_key(joined));
  check("key tells parts apart", key != library_key(moved));
  check("key knows the ABI", key != library_key(newer));
  check("processor is known",
        !cpu_identity().empty() && cpu_identity() == cpu_identity());
}

void test_process() {
  const ProcessResult both =
      run_process({"/bin/sh", "-c", "echo out; echo err >&2; echo $LC_ALL; exit 3"});
  check("process status and output",
        both.started && both.status == 3 && both.output == "out\nerr\nC\n");
  check("process input is empty", run_process({"cat"}).output.empty());
  const ProcessResult missing = run_process({"/nonexistent/compiler"});
  check("process missing", !missing.started && !missing.output.empty());
  const ProcessResult large =
      run_process({"/bin/sh", "-c", "head -c 3000000 /dev/zero; exit 0"});
  check("process with large output", large.status == 0 && large.output.size() == 1 << 20);
  check("process killed", run_process({"/bin/sh", "-c", "kill -9 $$"}).status == 128 + 9);
  check("process not a shell", run_process({"echo", "$HOME; a"}).output == "$HOME; a\n");
}

void test_interrupt(const std::string& root) {
  const std::string mark = root + "/survived";
  const auto start = std::chrono::steady_clock::now();
  const bool thrown = throws(ErrorKind::interrupted, [&] {
    run_process({"/bin/sh", "-c", "(sleep 1.5; touch " + mark + ") & wait"},
                [] { return true; });
  });
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  check("process interrupted at once", thrown && elapsed.count() < 1);
  usleep(2000000);
  check("process interrupted with its children", !exists(mark));
}

void test_cache(const std::string& root) {
  const std::string folder = root + "/a/new/folder";
  const Product first = get(folder, "text");
  check("cache miss compiles",
        first.compiled && read_text(first.path) == "compiled text");
  struct stat status;
  stat(folder.c_str(), &status);
  check("cache folder is private", (status.st_mode & 0777) == 0700);
  const std::string stem = folder + "/" + key_of("text");
  check("cache keeps source and log",
        read_text(stem + ".cpp") == "text" && read_text(stem + ".log") == "log");
  const Product second = get(folder, "text", never_step);
  check("cache hit", !second.compiled && second.path == first.path);
  write_text(first.path, "");
  check("cache replaces an empty product", get(folder, "text").compiled);
  const auto fail = [](const std::string&, const std::string&) -> std::string {
    throw Error(ErrorKind::compile, "refused");
  };
  check("cache passes errors on",
        throws(ErrorKind::compile, [&] { get(folder, "other", fail); }));
  for (const char* extension : {".so", ".cpp", ".log", ".sum"})
    set_age(stem + extension, 10);
  const std::vector<CacheEntry> entries = cache_entries(folder);
  check("cache entries", entries.size() == 2 && entries[0].key == key_of("other") &&
                             entries[0].kind.empty() && entries[1].kind == "cpu" &&
                             entries[1].first_line == "text");
  write_text(folder + "/notes.txt", "mine");
  check("cache cleared", clear_cache(folder) == 2 && exists(folder + "/notes.txt") &&
                             cache_entries(folder).empty() && !exists(stem + ".lock"));
}

/// Every file beside a product that may be lost, cut off, or altered.
void test_damage(const std::string& root) {
  const std::string folder = new_folder(root);
  const std::string path = get(folder, "text").path, whole = read_text(path);
  const std::string sum_path = folder + "/" + key_of("text") + ".sum";
  const std::string sum = read_text(sum_path);
  bool found = is_there(folder, "text"), none_taken = true;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_text(path, whole.substr(0, length));
    none_taken = none_taken && !is_there(folder, "text");
  }
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string altered = whole;
    altered[bit / 8] = char(altered[bit / 8] ^ (1 << bit % 8));
    write_text(path, altered);
    none_taken = none_taken && !is_there(folder, "text");
  }
  write_text(path, whole + "x");
  none_taken = none_taken && !is_there(folder, "text");
  check("damaged products count as none", found && none_taken);
  check("damaged products are made again",
        get(folder, "text").compiled && read_text(path) == whole);
  unlink(sum_path.c_str());
  check("a product without checksum counts as none", !is_there(folder, "text"));
  write_text(sum_path, sum.substr(0, sum.size() - 1));
  check("half a checksum is none", !is_there(folder, "text"));
  get(folder, "text");
  get(folder, "other");
  const std::string other = folder + "/" + key_of("other");
  rename(path.c_str(), (other + ".so").c_str());
  rename(sum_path.c_str(), (other + ".sum").c_str());
  check("a product is not taken for another one", !is_there(folder, "other"));
}

void test_loading(const std::string& root) {
  const std::string folder = new_folder(root);
  std::string loaded;
  const LoadStep load = [&](const CachedFile& file, const std::string& path) {
    loaded = file.contents() + " as " + path;
  };
  const LoadStep refuse = [](const CachedFile&, const std::string&) {
    throw Error(ErrorKind::cache, "cannot be loaded");
  };
  const std::string path = folder + "/" + key_of("text") + ".so";
  check("what cannot be loaded is not kept",
        throws(ErrorKind::cache, [&] { get(folder, "text", copy_step, 1e9, refuse); }) &&
            !exists(path));
  check("a new product is loaded", get(folder, "text", copy_step, 1e9, load).compiled &&
                                       loaded == "compiled text as " + path);
  loaded.clear();
  check("so is an old one", is_there(folder, "text", load) && !loaded.empty());
  check("what is foreign counts as none", !is_there(folder, "text", refuse));
  int times = 0;
  const LoadStep refuse_old = [&](const CachedFile&, const std::string&) {
    if (++times <= 2) throw Error(ErrorKind::compile, "foreign");  // and with the lock
  };
  check("and is made again", get(folder, "text", copy_step, 1e9, refuse_old).compiled);
  check("no library is no library", throws(ErrorKind::cache, [&] {
          const auto directory = CacheDirectory::find(folder);
          open_library(*CachedFile::find(*directory, key_of("text") + ".so"), path);
        }));
}

void test_privacy(const std::string& root) {
  const std::string folder = new_folder(root);
  const std::string path = get(folder, "text").path;
  const auto is_refused = [&] {
    return throws(ErrorKind::cache, [&] { get(folder, "text"); }) &&
           throws(ErrorKind::cache, [&] { is_there(folder, "text"); });
  };
  chmod(path.c_str(), 0620);
  check("cache refuses a product of a group", is_refused());
  chmod(path.c_str(), 0600);
  chmod(folder.c_str(), 0777);
  check("cache refuses an open folder", is_refused());
  chmod(folder.c_str(), 0770);
  check("cache refuses the folder of a group", is_refused());
  chmod(folder.c_str(), 0700);
  check("cache takes what is private", is_there(folder, "text"));
  rename(path.c_str(), (root + "/elsewhere").c_str());
  check("cache refuses a link",
        symlink((root + "/elsewhere").c_str(), path.c_str()) == 0 && is_refused());
  unlink(path.c_str());
  check("cache refuses a pipe", mkfifo(path.c_str(), 0600) == 0 && is_refused());
  check("cache refuses a file as folder",
        throws(ErrorKind::cache, [&] { get(root + "/elsewhere", "text"); }));
  const std::string link = root + "/link";
  check("cache follows a link to its folder",
        symlink(new_folder(root).c_str(), link.c_str()) == 0 &&
            get(link, "text").compiled && is_there(link, "text"));
  if (geteuid() != 0) return;
  const std::string foreign = new_folder(root);
  chown(foreign.c_str(), 12345, 12345);
  check("cache refuses the folder of another user",
        throws(ErrorKind::cache, [&] { get(foreign, "text"); }) &&
            throws(ErrorKind::cache, [&] { is_there(foreign, "text"); }));
}

void test_trial(const std::string& root) {
  const std::string folder = root + "/new/trial";
  try_cache(folder);
  check("a folder that is good", is_empty(folder));
  chmod(folder.c_str(), 0777);
  check("an open folder is not", throws(ErrorKind::cache, [&] { try_cache(folder); }));
  write_text(root + "/file", "text");
  check("nor is a file", throws(ErrorKind::cache, [&] { try_cache(root + "/file"); }));
  check("nor is what cannot be made",
        throws(ErrorKind::cache, [] { try_cache("/proc/rkeops"); }));
}

// Sessions that begin at the same time try the folder while others sweep it.
void test_trial_beside_a_sweep(const std::string& root) {
  const std::string folder = new_folder(root);
  const pid_t other = fork();
  if (other == 0) {
    for (;;) sweep_cache(folder);
  }
  bool is_good = true;
  try {
    for (int k = 0; k < 100; ++k) try_cache(folder);
  } catch (const Error& error) {
    std::printf("%s\n", error.what());
    is_good = false;
  }
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
  check("a trial beside a sweep", is_good);
}

void test_eviction(const std::string& root) {
  const std::string folder = new_folder(root);
  const std::string text(1000, 'x');
  for (const char* name : {"1", "2", "3"}) {
    get(folder, name + text);
    for (const char* extension : {".so", ".cpp", ".log", ".sum"})
      set_age(folder + "/" + key_of(name + text) + extension, 1000);
  }
  get(folder, "1" + text);  // a use
  const std::string stale = folder + "/" + key_of("4") + ".77-0.tmp";
  const std::string fresh = folder + "/" + key_of("4") + ".77-1.tmp";
  write_text(stale, "left by a killed process");
  write_text(fresh, "being written");
  set_age(stale, 2 * 24 * 3600);
  get(folder, "5" + text, copy_step, 5000);
  const auto kept = [&](const std::string& name) {
    return exists(folder + "/" + key_of(name + text) + ".so");
  };
  check("eviction keeps what was used", kept("1") && kept("5"));
  check("eviction removes the rest", !kept("2") && !kept("3"));
  check("eviction of stale temporaries", !exists(stale) && exists(fresh));
}

/// Sixteen processes want one key; each compile leaves a byte in a shared file.
void test_race(const std::string& root) {
  const std::string folder = new_folder(root), count = root + "/count";
  const auto slow_step = [&](const std::string& source, const std::string& product) {
    std::ofstream(count, std::ios::app) << "x" << std::flush;
    usleep(200000);
    return copy_step(source, product);
  };
  for (int process = 0; process < 16; ++process)
    if (fork() == 0) {
      const Product product = get(folder, "text", slow_step);
      _exit(read_text(product.path) == "compiled text" ? 0 : 1);
    }
  bool all_good = true;
  for (int status = 0; wait(&status) > 0;) all_good = all_good && status == 0;
  check("race serves every process", all_good);
  check("race compiles once", read_text(count) == "x");
}

void test_killed(const std::string& root) {
  const std::string folder = new_folder(root);
  const pid_t process = fork();
  if (process == 0)
    get(folder, "text", [](const auto&, const std::string& product) -> std::string {
      write_text(product, "half of a libr");
      for (;;) pause();
    });
  const std::string lock = folder + "/" + key_of("text") + ".lock";
  while (!exists(lock)) usleep(1000);
  usleep(200000);
  check("clearing leaves what is being compiled", clear_cache(folder) == 0);
  const auto wait_and_stop = [&] {
    cached_library({folder, 1e9}, key_of("text"), "text", ".cpp", ".so", copy_step, {},
                   [] { return true; });
  };
  check("waiting can be interrupted", throws(ErrorKind::interrupted, wait_and_stop));
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  const std::string other = folder + "/" + key_of("other") + ".77-0.tmp";
  write_text(other, "of another host");
  const auto next_session = [&](const std::string& text) {
    const pid_t session = fork();
    if (session == 0) _exit(is_there(folder, text) ? 0 : 1);
    int status = 0;
    waitpid(session, &status, 0);
  };
  KeyLock others(folder, key_of("other"));
  check("a lock is free", others.try_lock());
  next_session("something");
  check("the next session sweeps", count_of(folder, ".tmp") == 1 && exists(other));
  const Product product = get(folder, "text");
  check("killed process leaves no product",
        product.compiled && read_text(product.path) == "compiled text");
}

void test_toolchain() {
  ToolchainSettings settings;
  settings.cxx = "'/no such/g++' -std=gnu++17";
  settings.include_directory = "/in clude";
  settings.cuda_home = "/no/cuda";
  settings.cuda_architecture = "sm_90";
  const Command command = compile_command(Engine::cpu, settings, "a.cpp", "a.so");
  const std::string line = command_line(command);
  check("command quotes blanks", line.rfind("'/no such/g++' -std=gnu++17 -O2", 0) == 0 &&
                                     line.find("'-I/in clude'") != std::string::npos);
  check("compiler missing", throws(ErrorKind::compile, [&] {
          compile(Engine::cpu, settings, "a.cpp", "a.so");
        }));
  check("nvcc places", nvcc_places(settings)[0] == "/no/cuda/bin/nvcc (CUDA_HOME)");
  settings.nvcc = "/no/nvcc";
  check("nvcc option alone counts", find_nvcc(settings).empty());
  check("flag for CUDA",
        compile_command(Engine::cuda, settings, "a.cu", "a.cubin").arguments[4] ==
            "-arch=sm_90");
  check("nothing for a shell inside nvcc", throws(ErrorKind::argument, [&] {
          compile_command(Engine::cuda, settings, "$(touch x)/a.cu", "a.cubin");
        }));
  settings.cxx = "false";
  settings.path = "/usr/bin:/bin";
  check("compiler that fails", throws(ErrorKind::compile, [&] {
          compile(Engine::cpu, settings, "a.cpp", "a.so");
        }));
  settings.cxx_flags = {"-ffast-math"};
  check("flag refused", throws(ErrorKind::argument, [&] {
          compile_command(Engine::cpu, settings, "a.cpp", "a.so");
        }));
}

}  // namespace

int main() {
  std::string root = "/tmp/rkeops-build-room-XXXXXX";
  if (mkdtemp(&root[0]) == nullptr) return 1;
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  test_sha256();
  test_key();
  test_process();
  test_interrupt(root);
  test_cache(root);
  test_damage(root);
  test_loading(root);
  test_privacy(root);
  test_trial(root);
  test_trial_beside_a_sweep(root);
  test_eviction(root);
  test_race(root);
  test_killed(root);
  test_toolchain();
  run_process({"rm", "-rf", root});
  return failures == 0 ? 0 : 1;
}
