// For valgrind, which dies when a program's main thread ends, as dispatch_main lets it (seen in 3.19): here that thread serves the main
// queue itself. `guard` compiles it and loads it before the program.
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

extern int _dispatch_get_main_queue_handle_4CF(void);
extern void _dispatch_main_queue_callback_4CF(void *);

void dispatch_main(void) {
  const int handle = _dispatch_get_main_queue_handle_4CF();
  for (;;) {
    struct pollfd wanted = {handle, POLLIN, 0};
    uint64_t count;
    if (poll(&wanted, 1, -1) > 0 && read(handle, &count, sizeof count) > 0) _dispatch_main_queue_callback_4CF(0);
  }
}
