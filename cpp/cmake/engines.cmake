# The inference engines that were asked for, added to sspnet_objects.

# OpenVINO's archives and packages set OpenVINO_DIR; `pip install openvino` is asked for its folder.
macro(find_openvino_of_python)
  if(NOT OpenVINO_DIR AND NOT DEFINED ENV{OpenVINO_DIR})
    find_package(Python3 COMPONENTS Interpreter QUIET)
    foreach(python IN ITEMS "$ENV{VIRTUAL_ENV}/bin/python" python3 python "${Python3_EXECUTABLE}")
      execute_process(
        COMMAND "${python}" -c "import importlib.util as u; print(u.find_spec('openvino').submodule_search_locations[0])"
        OUTPUT_VARIABLE openvino_package OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
      if(NOT failed)
        set(OpenVINO_DIR "${openvino_package}/cmake" CACHE PATH "Folder of OpenVINOConfig.cmake")
        break()
      endif()
    endforeach()
  endif()
endmacro()

if(SSPNET_OPENVINO)
  find_openvino_of_python()
  find_package(OpenVINO COMPONENTS Runtime QUIET)
  if(NOT OpenVINO_FOUND)
    message(FATAL_ERROR "OpenVINO was not found: activate a Python environment with `pip install openvino`, or give -DOpenVINO_DIR=")
  endif()
  message(STATUS "OpenVINO ${OpenVINO_VERSION}: ${OpenVINO_DIR}")
  target_sources(sspnet_objects PRIVATE src/openvino.cpp)
  target_compile_definitions(sspnet_objects PRIVATE SSPNET_WITH_OPENVINO)
  target_link_libraries(sspnet_objects PUBLIC openvino::runtime)
endif()

if(SSPNET_ONNXRUNTIME)
  set(ONNXRUNTIME_ROOT "$ENV{ONNXRUNTIME_ROOT}" CACHE PATH "ONNX Runtime: a folder with include/ and lib/, as in its release archives")
  find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_c_api.h HINTS "${ONNXRUNTIME_ROOT}" PATH_SUFFIXES include include/onnxruntime)
  # The Python wheel's library has no development name, only its version's.
  file(GLOB onnxruntime_versions LIST_DIRECTORIES false "${ONNXRUNTIME_ROOT}/lib/libonnxruntime.so.*" "${ONNXRUNTIME_ROOT}/libonnxruntime.so.*")
  list(TRANSFORM onnxruntime_versions REPLACE "^.*/" "" OUTPUT_VARIABLE onnxruntime_names)
  find_library(ONNXRUNTIME_LIBRARY NAMES onnxruntime ${onnxruntime_names} HINTS "${ONNXRUNTIME_ROOT}" PATH_SUFFIXES lib lib64)
  if(NOT ONNXRUNTIME_INCLUDE_DIR OR NOT ONNXRUNTIME_LIBRARY)
    message(FATAL_ERROR "ONNX Runtime was not found: give -DONNXRUNTIME_ROOT= (or the environment variable), a folder with include/ and "
      "lib/ as in its release archives; found header: ${ONNXRUNTIME_INCLUDE_DIR}, library: ${ONNXRUNTIME_LIBRARY}")
  endif()
  message(STATUS "ONNX Runtime: ${ONNXRUNTIME_LIBRARY}")
  add_library(onnxruntime::onnxruntime UNKNOWN IMPORTED)
  set_target_properties(onnxruntime::onnxruntime PROPERTIES
    IMPORTED_LOCATION "${ONNXRUNTIME_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${ONNXRUNTIME_INCLUDE_DIR}")
  target_sources(sspnet_objects PRIVATE src/onnxruntime.cpp)
  target_compile_definitions(sspnet_objects PRIVATE SSPNET_WITH_ONNXRUNTIME)
  target_link_libraries(sspnet_objects PUBLIC onnxruntime::onnxruntime)
endif()
