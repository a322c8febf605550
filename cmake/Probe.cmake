# Refuses a compiler that miscompiles coroutines (g++ 12 destroys temporaries of an awaited expression twice).
if(NOT FAIRLEAD_PROBE_PASSED)
  try_run(probe_exit probe_built ${CMAKE_BINARY_DIR}/probe ${CMAKE_SOURCE_DIR}/cmake/coroutine_probe.cpp
          CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON RUN_OUTPUT_VARIABLE probe_output COMPILE_OUTPUT_VARIABLE probe_errors)
  if(NOT probe_built)
    message(FATAL_ERROR "The coroutine probe does not compile with ${CMAKE_CXX_COMPILER}:\n${probe_errors}")
  elseif(NOT probe_exit EQUAL 0)
    message(FATAL_ERROR "${CMAKE_CXX_COMPILER} miscompiles coroutines: a temporary of an awaited expression is destroyed twice "
                        "(${probe_output}). Use clang 19: cmake --preset dev.")
  endif()
  set(FAIRLEAD_PROBE_PASSED ON CACHE INTERNAL "")
endif()
