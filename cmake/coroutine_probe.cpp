// Counts constructions and destructions of an aggregate temporary inside an awaited expression; they must be equal.
#include <coroutine>
#include <cstdio>
#include <exception>
#include <utility>

static int alive = 0;

struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  ~Counted() { --alive; }
};

struct Options {
  Counted value;
};

struct Task {
  struct promise_type {
    std::coroutine_handle<> waiter = std::noop_coroutine();
    Task get_return_object() { return Task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Resume {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept { return h.promise().waiter; }
        void await_resume() noexcept {}
      };
      return Resume{};
    }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
  explicit Task(std::coroutine_handle<promise_type> h) : handle(h) {}
  Task(Task&& other) noexcept : handle(std::exchange(other.handle, {})) {}
  ~Task() {
    if (handle) handle.destroy();
  }
  bool await_ready() { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
    handle.promise().waiter = h;
    return handle;
  }
  void await_resume() {}
};

static Task take(Options) { co_return; }
static Task run(bool flag) {
  Counted named;
  co_await take(Options{named});
  co_await take({Counted{}});
  co_await take(flag ? Options{named} : Options{Counted{}});
}

int main() {
  {
    Task task = run(true);
    task.handle.resume();
  }
  std::printf("%d objects left", alive);
  return alive == 0 ? 0 : 1;
}
