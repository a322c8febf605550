# fairlead_room(NAME rooms...): the library of one room and the rooms it may use (docs/architecture.md).
# Its sources are listed beside them: src/<room>/CMakeLists.txt calls this and then target_sources.
function(fairlead_room name)
  add_library(fairlead_${name} STATIC)
  target_include_directories(fairlead_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(fairlead_${name} PUBLIC fairlead_settings PRIVATE fairlead_warnings)
  foreach(room IN LISTS ARGN)
    target_link_libraries(fairlead_${name} PUBLIC fairlead_${room})
  endforeach()
endfunction()

# fairlead_unit(ROOM sources...): the unit tests of one room, as one program named unit_<room>.
function(fairlead_unit room)
  add_executable(unit_${room} ${ARGN})
  target_include_directories(unit_${room} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(unit_${room} PRIVATE FIXTURES="${CMAKE_SOURCE_DIR}/tests/fixtures")
  target_link_libraries(unit_${room} PRIVATE fairlead_${room} fairlead_warnings GTest::gtest_main GTest::gmock)
  add_test(NAME unit_${room} COMMAND unit_${room} --gtest_brief=1)
  set_tests_properties(unit_${room} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()

# fairlead_hot(sources...): optimised in debug builds, too: what the random histories run some million times.
function(fairlead_hot)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Debug>:-O1>")
endfunction()
