"""The model, modules that are imported by name, engines with their versions; training and export stay out."""

from PyInstaller.utils.hooks import collect_data_files, collect_dynamic_libs, collect_submodules, copy_metadata

from sspnet_sdk.backends import distributions

datas = collect_data_files("sspnet_sdk", excludes=["pyinstaller/*"])
hiddenimports = collect_submodules("sspnet_sdk", filter=lambda name: not name.startswith("sspnet_sdk.pyinstaller"))
excludedimports = ["sspnet_train", "sspnet_export", "torch"]
binaries = []

for backend, names in distributions().items():
    datas += [entry for name in names for entry in copy_metadata(name)]
    hiddenimports += [backend] if names else []
    if names and backend == "openvino":  # its plugins are opened by name: no import leads to them
        binaries += collect_dynamic_libs("openvino", search_patterns=["*.dll", "*.dylib", "lib*.so", "lib*.so.*"])
        datas += collect_data_files("openvino", includes=["**/*.json", "**/*.xml"])
