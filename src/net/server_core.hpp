// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/net/address.hpp"
#include "fairlead/net/server.hpp"

namespace fairlead::net {

class Connection;

/// What the connections of one server share. io thread; lives as long as the last connection.
class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(asio::any_io_executor, Handler, ServerOptions);

  /// Where a new connection may go: the common slots, the reserved ones, or nowhere.
  enum class Slot { common, reserved, none };
  Slot slot_for(const Peer&) const;
  bool trusts(std::string_view address) const { return trusted_.contains(address); }

  void start(std::shared_ptr<Connection>, const std::string& counted_address);
  std::string counted_address(const Peer&) const;
  /// The oldest connection that waits for a next request gives its place.
  void close_one_idle();
  void stop();
  void close_all();
  std::string_view date();

  const asio::any_io_executor executor;
  const Handler handler;
  const ServerOptions options;
  Server::Stats stats;
  bool stopping = false;
  Signal gone;                   ///< a connection ended
  std::size_t body_memory = 0;  ///< held by request bodies

 private:
  friend class Registration;
  std::vector<std::shared_ptr<Connection>> all() const;
  void sweep_when_needed();
  Awaitable<void> sweep();

  AddressRanges trusted_;
  std::list<Connection*> connections_;
  std::map<std::string, std::size_t> per_address_;
  std::string date_;
  std::time_t date_second_ = 0;
  bool sweeping_ = false;
};

/// A connection's place in the core's books, given back on destruction.
class Registration {
 public:
  Registration(std::shared_ptr<ServerCore>, Connection&, std::string counted_address);
  ~Registration();
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  std::shared_ptr<ServerCore> core_;
  std::string address_;
  std::list<Connection*>::iterator place_;
};

/// A body's share of the memory that all bodies may take; given back on destruction.
class BodyShare {
 public:
  explicit BodyShare(ServerCore& core) : core_(core) {}
  ~BodyShare() { core_.body_memory -= bytes_; }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  /// False when there is no room for a body of `bytes`. Small ones always have it.
  bool grow_to(std::size_t bytes);

 private:
  ServerCore& core_;
  std::size_t bytes_ = 0;
};

}  // namespace fairlead::net
