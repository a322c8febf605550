// SPDX-License-Identifier: Apache-2.0
#include "net/curl_library.hpp"

#include <dlfcn.h>

#include <string>

#include "fairlead/base/error.hpp"

namespace fairlead::net {

namespace {

constexpr const char* file = "libcurl.so.4";

[[noreturn]] void missing() {
  const char* reason = ::dlerror();
  throw Error(ErrorKind::unavailable, std::string("cannot make HTTP requests: ") + (reason ? reason : file),
              "install the package libcurl4");
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (!function) missing();
}

CurlLibrary load() {
  void* library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) missing();
  decltype(&::curl_global_init) global_init = nullptr;
  CurlLibrary curl{};
  find(library, "curl_global_init", global_init);
  find(library, "curl_easy_init", curl.easy_init);
  find(library, "curl_easy_setopt", curl.easy_setopt);
  find(library, "curl_easy_getinfo", curl.easy_getinfo);
  find(library, "curl_easy_cleanup", curl.easy_cleanup);
  find(library, "curl_easy_strerror", curl.easy_strerror);
  find(library, "curl_multi_init", curl.multi_init);
  find(library, "curl_multi_setopt", curl.multi_setopt);
  find(library, "curl_multi_cleanup", curl.multi_cleanup);
  find(library, "curl_multi_socket_action", curl.multi_socket_action);
  find(library, "curl_multi_info_read", curl.multi_info_read);
  find(library, "curl_multi_add_handle", curl.multi_add_handle);
  find(library, "curl_multi_remove_handle", curl.multi_remove_handle);
  find(library, "curl_slist_append", curl.slist_append);
  find(library, "curl_slist_free_all", curl.slist_free_all);
  global_init(CURL_GLOBAL_DEFAULT);
  return curl;
}

}  // namespace

const CurlLibrary& curl() {
  static const CurlLibrary library = load();
  return library;
}

}  // namespace fairlead::net
