// In: an argument vector. Out: exit status and everything the program wrote.
//
// The program is started by posix_spawn: R may have threads and gigabytes of memory, and
// spawning neither runs our code in a copied process nor copies its page tables. It leads
// a process group of its own, so that one signal also ends what it started (g++ runs
// cc1plus, as and ld). The signal handlers of R stay as they are; only this one child is
// waited for.
#include "build/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "base/diagnostic.h"
#include "base/interrupts.h"

extern char** environ;

namespace rkeops {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds patience_after_terminate(1000);
constexpr std::size_t most_output_kept = std::size_t{1} << 20;

void sleep_milliseconds(int milliseconds) { poll(nullptr, 0, milliseconds); }

/// Both ends are closed in any program that another thread starts meanwhile.
class Pipe {
 public:
  Pipe() {
#ifdef __linux__
    open_ = pipe2(ends_, O_CLOEXEC) == 0;
#else
    open_ = pipe(ends_) == 0 && fcntl(ends_[0], F_SETFD, FD_CLOEXEC) == 0 &&
            fcntl(ends_[1], F_SETFD, FD_CLOEXEC) == 0;
#endif
    if (open_) fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool is_open() const { return open_; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_write_end() { close_end(1); }

 private:
  void close_end(int end) {
    if (ends_[end] >= 0) close(ends_[end]);
    ends_[end] = -1;
  }

  int ends_[2] = {-1, -1};
  bool open_ = false;
};

/// Tells posix_spawn what to do in the child before the program starts.
class SpawnPlan {
 public:
  explicit SpawnPlan(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setpgroup(&attributes_, 0);
    restore_signals();
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  // A signal that R ignores or blocks would stay so in the compiler.
  void restore_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD})
      sigaddset(&signals, number);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::vector<std::string> english_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    if (std::string(*variable).rfind("LC_ALL=", 0) != 0) variables.push_back(*variable);
  variables.push_back("LC_ALL=C");
  return variables;
}

std::vector<char*> null_terminated(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(&string[0]);
  pointers.push_back(nullptr);
  return pointers;
}

/// 0, or the error number that says why the program could not be started.
int spawn(std::vector<std::string> arguments, int output, pid_t* process) {
  if (arguments.empty()) return EINVAL;
  std::vector<std::string> environment = english_environment();
  const SpawnPlan plan(output);
  return posix_spawnp(process, arguments[0].c_str(), plan.actions(), plan.attributes(),
                      null_terminated(arguments).data(),
                      null_terminated(environment).data());
}

/// A started program; when its result is not waited for, it is ended.
class Child {
 public:
  explicit Child(pid_t process) : process_(process) {}
  ~Child() {
    if (!reaped_) stop();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int status() const { return status_; }

  bool has_ended() {
    if (!reaped_) reap(WNOHANG);
    return reaped_;
  }

  /// Ends the whole group: politely first, so that compilers remove their temporary
  /// files. The leader is reaped last, since its number names the group.
  void stop() {
    const Clock::time_point deadline = Clock::now() + patience_after_terminate;
    kill(-process_, SIGTERM);
    while (is_running() && Clock::now() < deadline) sleep_milliseconds(10);
    kill(-process_, SIGKILL);
    reap(0);
  }

 private:
  bool is_running() const {
    siginfo_t information{};
    const int result = waitid(P_PID, static_cast<id_t>(process_), &information,
                              WEXITED | WNOHANG | WNOWAIT);
    return result == 0 && information.si_pid == 0;
  }

  void reap(int options) {
    int word = 0;
    pid_t process = waitpid(process_, &word, options);
    while (process < 0 && errno == EINTR) process = waitpid(process_, &word, options);
    if (process == 0) return;
    reaped_ = true;
    if (process < 0) return;  // ECHILD: nobody can know the status any more
    status_ = WIFEXITED(word) ? WEXITSTATUS(word) : 128 + WTERMSIG(word);
  }

  pid_t process_;
  bool reaped_ = false;
  int status_ = unknown_status;
};

/// Collects what arrives in a pipe. More than a megabyte is read, so that the writer does
/// not block, and dropped.
class OutputCollector {
 public:
  explicit OutputCollector(int descriptor) : descriptor_(descriptor) {}

  /// Returns as soon as there is something to read. After the end of the output only the
  /// end of the program is awaited, which follows within a moment.
  void wait() const {
    if (ended_) return sleep_milliseconds(1);
    pollfd request{descriptor_, POLLIN, 0};
    poll(&request, 1, static_cast<int>(InterruptWatch::period.count()));
  }

  void read_available() {
    char buffer[4096];
    ssize_t count = 0;
    while ((count = read(descriptor_, buffer, sizeof buffer)) > 0)
      output_.append(buffer,
                     std::min<std::size_t>(count, most_output_kept - output_.size()));
    if (count == 0) ended_ = true;
  }

  const std::string& output() const { return output_; }

 private:
  int descriptor_;
  bool ended_ = false;
  std::string output_;
};

ProcessResult not_started(int error) {
  return {unknown_status, std::generic_category().message(error), false};
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments,
                          const std::function<bool()>& interrupted) {
  Pipe pipe;
  if (!pipe.is_open()) return not_started(errno);
  pid_t process = 0;
  if (const int error = spawn(arguments, pipe.write_end(), &process))
    return not_started(error);
  Child child(process);
  pipe.close_write_end();

  OutputCollector collector(pipe.read_end());
  InterruptWatch watch(interrupted);
  while (!child.has_ended()) {
    collector.wait();
    collector.read_available();
    if (watch.fired())
      throw Error(ErrorKind::interrupted,
                  "Interrupted while waiting for " + arguments[0]);
  }
  collector.read_available();
  return {child.status(), collector.output(), true};
}

}  // namespace rkeops
