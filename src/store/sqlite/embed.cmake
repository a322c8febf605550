# cmake -D OUTPUT=file.cpp -D FOLDER=migrations -P embed.cmake: writes the migrations, in order, as a C++ table.
file(GLOB files ${FOLDER}/*.sql)
list(SORT files)
set(rows "")
set(expected 0)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  math(EXPR expected "${expected} + 1")
  string(REGEX MATCH "^0*([1-9][0-9]*)_" ignored ${name})
  if(NOT CMAKE_MATCH_1 EQUAL expected)
    message(FATAL_ERROR "${file}: migration number ${expected} was expected; numbers have no gaps")
  endif()
  file(READ ${file} text)
  string(APPEND rows "    {${expected}, \"${name}\", R\"sql(${text})sql\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Generated from the .sql files by embed.cmake.
#include \"store/sqlite/schema.hpp\"

namespace fairlead::store::sqlite {

const std::vector<Migration>& migrations() {
  static const std::vector<Migration> table = {
${rows}  };
  return table;
}

}  // namespace fairlead::store::sqlite
")
