#include "Group.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

using namespace ctorch;

namespace {

/// What goes wrong between processes is another's end, or its silence.
template <typename Body>
auto exchanging(Body &&body) {
  try {
    return body();
  } catch (const std::exception &error) {
    throw Lost(error.what());
  }
}

}  // namespace

c10::intrusive_ptr<c10d::Work> CTGroup::begin_sum(at::Tensor &tensor) {
  std::vector<at::Tensor> all{tensor};
  return exchanging([&] { return members->allreduce(all); });
}

void CTGroup::sum(at::Tensor &tensor) {
  at::Tensor near = tensor.to(at::kCPU).contiguous();
  finish(begin_sum(near));
  if (!near.is_same(tensor)) tensor.copy_(near);
}

void ctorch::finish(const c10::intrusive_ptr<c10d::Work> &work) {
  exchanging([&] { work->wait(); });
}

namespace {

/// The address in words; empty for one that only this machine knows.
std::string reachable(const sockaddr *address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address == nullptr) return "";
  if (address->sa_family == AF_INET) {
    const in_addr &number = reinterpret_cast<const sockaddr_in *>(address)->sin_addr;
    if ((ntohl(number.s_addr) >> 24) == 127) return "";
    inet_ntop(AF_INET, &number, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    const in6_addr &number = reinterpret_cast<const sockaddr_in6 *>(address)->sin6_addr;
    if (IN6_IS_ADDR_LOOPBACK(&number) || IN6_IS_ADDR_LINKLOCAL(&number)) return "";
    inet_ntop(AF_INET6, &number, text, sizeof text);
  }
  return text;
}

/// The first of the addresses that a name stands for which others can reach.
std::string reachable(const char *name) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(name, nullptr, &wanted, &found) != 0) return "";
  std::string result;
  for (addrinfo *entry = found; entry != nullptr && result.empty(); entry = entry->ai_next) {
    result = reachable(entry->ai_addr);
  }
  freeaddrinfo(found);
  return result;
}

/// This machine's address for the others: that of its name or, where the name stands for the machine's own loop, of the first
/// interface that has one.
std::string own_address() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  std::string result = reachable(name);
  ifaddrs *interfaces = nullptr;
  if (!result.empty() || getifaddrs(&interfaces) != 0) return result;
  for (ifaddrs *entry = interfaces; entry != nullptr && result.empty(); entry = entry->ifa_next) {
    const bool is_first_choice = entry->ifa_addr != nullptr && entry->ifa_addr->sa_family == AF_INET;
    if ((entry->ifa_flags & IFF_UP) && is_first_choice) result = reachable(entry->ifa_addr);
  }
  freeifaddrs(interfaces);
  return result;
}

/// The same for processes that reach each other over the machine's own loop.
std::string own_loop() {
  std::string start;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), start);
  char network[64] = "";
  if (readlink("/proc/self/ns/net", network, sizeof network - 1) < 0) network[0] = 0;
  return start + " " + network;
}

std::vector<std::shared_ptr<gloo::transport::Device>> devices(bool is_one_machine) {
  using Gloo = c10d::ProcessGroupGloo;
  if (const char *names = std::getenv("GLOO_SOCKET_IFNAME"); names != nullptr && *names != 0) {
    std::vector<std::shared_ptr<gloo::transport::Device>> result;
    std::stringstream stream(names);
    for (std::string name; std::getline(stream, name, ',');) result.push_back(Gloo::createDeviceForInterface(name));
    return result;
  }
  const std::string address = is_one_machine ? "127.0.0.1" : own_address();
  return {address.empty() ? Gloo::createDefaultDevice() : Gloo::createDeviceForHostname(address)};
}

/// Whether somebody listens there. A name that nobody knows will not be known later either.
bool is_listening(const char *host, uint16_t port) {
  addrinfo hints{}, *all = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (const int code = getaddrinfo(host, std::to_string(port).c_str(), &hints, &all); code == EAI_AGAIN) return false;
  else if (code != 0) throw std::runtime_error(gai_strerror(code));
  bool found = false;
  for (const addrinfo *one = all; one != nullptr && !found; one = one->ai_next) {
    const int connection = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (connection < 0) continue;
    const timeval patience{1, 0};
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    found = connect(connection, one->ai_addr, one->ai_addrlen) == 0;
    close(connection);
  }
  freeaddrinfo(all);
  return found;
}

}  // namespace

CTError *ct_group_join(const CTMeeting *meeting, CTGroup **out) {
  return guarded([&] {
    const std::chrono::milliseconds patience(meeting->patience_ms), timeout(meeting->timeout_ms);
    const auto end = std::chrono::steady_clock::now() + patience;
    // c10d's own waiting could not be broken off.
    const auto wait = [&](auto is_over) {
      while (!is_over()) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it has not come");
        if (meeting->is_cancelled()) throw std::runtime_error("cancelled");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    };
    c10::intrusive_ptr<c10d::Store> store;
    std::string missing = "process 0";
    try {
      if (meeting->host != nullptr) {
        c10d::TCPStoreOptions options;
        options.port = meeting->port;
        options.isServer = meeting->rank == 0;
        options.numWorkers = meeting->count;
        options.waitWorkers = false;
        options.timeout = patience;
        if (meeting->rank != 0) wait([&] { return is_listening(meeting->host, meeting->port); });
        store = c10::make_intrusive<c10d::TCPStore>(meeting->host, options);
      } else {
        store = c10::make_intrusive<c10d::FileStore>(meeting->path, meeting->count);
      }
      store->setTimeout(patience);
      const std::string mine = own_loop();
      store->set("loop/" + std::to_string(meeting->rank), std::vector<uint8_t>(mine.begin(), mine.end()));
      bool is_one_machine = true;
      for (int rank = 0; rank < meeting->count; rank++) {
        missing = "process " + std::to_string(rank);
        const std::string key = "loop/" + std::to_string(rank);
        wait([&] { return store->check({key}); });
        const std::vector<uint8_t> loop = store->get(key);
        is_one_machine = is_one_machine && std::string(loop.begin(), loop.end()) == mine;
      }
      missing = "another process";
      auto options = c10d::ProcessGroupGloo::Options::create(timeout);
      options->threads = 2;
      options->devices = devices(is_one_machine);
      auto group = std::make_unique<CTGroup>();
      group->members =
          c10::make_intrusive<c10d::ProcessGroupGloo>(store, meeting->rank, meeting->count, std::move(options));
      // From here on nobody needs the meeting place any more.
      at::Tensor nothing = at::zeros({1});
      group->sum(nothing);
      *out = group.release();
    } catch (const Lost &) {
      throw;
    } catch (const std::exception &error) {
      throw Lost(missing + " cannot be reached: " + error.what());
    }
  });
}

void ct_group_free(CTGroup *group) { delete group; }

CTError *ct_group_sum(CTGroup *group, CTTensor *tensor) {
  return guarded([&] { group->sum(tensor->value); });
}

CTError *ct_group_broadcast(CTGroup *group, CTTensor *tensor) {
  return guarded([&] {
    at::Tensor near = tensor->value.to(at::kCPU).contiguous();
    std::vector<at::Tensor> all{near};
    finish(exchanging([&] { return group->members->broadcast(all); }));
    if (!near.is_same(tensor->value)) tensor->value.copy_(near);
  });
}
