# Compiler, linker and warnings for every target: link fairlead_settings and fairlead_warnings.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
if(NOT FAIRLEAD_SANITIZE)
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
                                  CCACHE_SLOPPINESS=time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)

add_library(fairlead_settings INTERFACE)
target_include_directories(fairlead_settings INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(
  fairlead_settings
  INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
            FAIRLEAD_VERSION="${PROJECT_VERSION}" SPDLOG_FMT_EXTERNAL)
target_link_libraries(fairlead_settings INTERFACE Threads::Threads Boost::headers fmt::fmt nlohmann_json::nlohmann_json)
target_compile_options(fairlead_settings INTERFACE -fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(fairlead_settings INTERFACE _FORTIFY_SOURCE=2)
  target_link_options(fairlead_settings INTERFACE -Wl,-z,relro,-z,now -Wl,--gc-sections)
  target_compile_options(fairlead_settings INTERFACE -ffunction-sections -fdata-sections)
endif()
if(FAIRLEAD_SANITIZE)
  target_compile_options(fairlead_settings INTERFACE -fsanitize=${FAIRLEAD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(fairlead_settings INTERFACE -fsanitize=${FAIRLEAD_SANITIZE})
endif()

add_library(fairlead_warnings INTERFACE)
target_compile_options(fairlead_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-missing-field-initializers
                                                   -Wno-missing-designated-field-initializers)
if(FAIRLEAD_DEV)
  target_compile_options(fairlead_warnings INTERFACE -Werror)
endif()
