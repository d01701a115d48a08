// In: settings. Out: paths. No process is started, and a library only opened to learn
// where the system has it: a formula found in the cache costs none.
#include "build/cuda_compiler.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <sstream>

#include "build/toolchain.h"

namespace rkeops {
namespace {

struct Place {
  std::string file;  // or the folder of a library, or ""
  std::string origin;
};

// The newest first, behind the one that developers choose. NVRTC makes cubins since 11.1;
// all of 11.2 to 11.8 have one name.
#ifdef _WIN32
const std::vector<std::string> library_names = {"nvrtc64_150_0.dll", "nvrtc64_140_0.dll",
                                                "nvrtc64_130_0.dll", "nvrtc64_120_0.dll",
                                                "nvrtc64_112_0.dll"};
#else
const std::vector<std::string> library_names = {"libnvrtc.so",    "libnvrtc.so.15",
                                                "libnvrtc.so.14", "libnvrtc.so.13",
                                                "libnvrtc.so.12", "libnvrtc.so.11.2"};
#endif

const char* const system_libraries = "libraries of the system";

bool is_regular_file(const std::string& file) {
  struct stat status;
  return stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::vector<Place> nvcc_candidates(const ToolchainSettings& settings) {
  if (!settings.nvcc.empty()) return {{settings.nvcc, "option"}};
  std::vector<Place> places;
  if (!settings.cuda_home.empty())
    places.push_back({settings.cuda_home + "/bin/nvcc", "CUDA_HOME"});
  if (!settings.cuda_path.empty())
    places.push_back({settings.cuda_path + "/bin/nvcc", "CUDA_PATH"});
  places.push_back({"nvcc", "PATH"});
  places.push_back({"/usr/local/cuda/bin/nvcc", "usual place"});
  return places;
}

void append_home(std::vector<Place>& places, const std::string& home,
                 const std::string& origin) {
  if (home.empty()) return;
  places.push_back({home + "/lib64", origin});
  places.push_back({home + "/lib", origin});
}

/// Folders; "" for what only the loader knows.
std::vector<Place> nvrtc_folders(const ToolchainSettings& settings) {
  std::vector<Place> places;
  append_home(places, settings.cuda_home, "CUDA_HOME");
  append_home(places, settings.cuda_path, "CUDA_PATH");
  std::istringstream folders(settings.library_path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (!folder.empty()) places.push_back({folder, "LD_LIBRARY_PATH"});
  for (const NamedFolder& folder : settings.nvrtc_folders)
    places.push_back({folder.path, folder.origin});
  places.push_back({"", system_libraries});
  places.push_back({"/usr/local/cuda/lib64", "usual place"});
  return places;
}

/// The file of a library that the loader finds by name, or "". Once opened, it stays so.
std::string file_of_loader(const std::string& name) {
  void* library = dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL);
  void* function = library ? dlsym(library, "nvrtcVersion") : nullptr;
  Dl_info information{};
  if (!function || dladdr(function, &information) == 0) return "";
  return information.dli_fname;
}

/// torch has libraries with a digest in their names: "libnvrtc-672ee683.so.12". The last
/// one in the order of the alphabet, or "".
std::string name_with_digest(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(folder.c_str()), closedir);
  std::string best;
  while (const dirent* item = stream ? readdir(stream.get()) : nullptr) {
    const std::string name = item->d_name;
    const bool has_digest = name.rfind("libnvrtc-", 0) == 0 &&
                            name.rfind("libnvrtc-builtins", 0) != 0 &&
                            name.find(".so") != std::string::npos;
    if (has_digest && is_regular_file(folder + "/" + name)) best = std::max(best, name);
  }
  return best;
}

std::string find_in(const Place& place) {
  for (const std::string& name : library_names) {
    const std::string file = place.file + "/" + name;
    if (place.file.empty()) {
      const std::string found = file_of_loader(name);
      if (!found.empty()) return found;
    } else if (is_regular_file(file)) {
      return file;
    }
  }
  const std::string name = place.file.empty() ? "" : name_with_digest(place.file);
  return name.empty() ? "" : place.file + "/" + name;
}

std::string find_named(const std::string& library) {
  if (library.find('/') == std::string::npos) return file_of_loader(library);
  return is_regular_file(library) ? library : "";
}

}  // namespace

bool uses_nvrtc(const ToolchainSettings& settings) {
  if (settings.cuda_compiler != "auto") return settings.cuda_compiler == "nvrtc";
  return settings.nvcc.empty() && !find_nvrtc(settings).empty();
}

std::string find_nvcc(const ToolchainSettings& settings) {
  for (const Place& place : nvcc_candidates(settings)) {
    const std::string program = find_program(place.file, settings.path);
    if (!program.empty()) return program;
  }
  return "";
}

std::string find_nvrtc(const ToolchainSettings& settings) {
  if (!settings.nvrtc.empty()) return find_named(settings.nvrtc);
  for (const Place& place : nvrtc_folders(settings)) {
    const std::string library = find_in(place);
    if (!library.empty()) return library;
  }
  return "";
}

std::string cuda_compiler_origin(const ToolchainSettings& settings) {
  if (!uses_nvrtc(settings)) {
    for (const Place& place : nvcc_candidates(settings))
      if (!find_program(place.file, settings.path).empty()) return place.origin;
    return "";
  }
  if (!settings.nvrtc.empty()) return find_nvrtc(settings).empty() ? "" : "option";
  for (const Place& place : nvrtc_folders(settings))
    if (!find_in(place).empty()) return place.origin;
  return "";
}

std::vector<std::string> nvcc_places(const ToolchainSettings& settings) {
  std::vector<std::string> places;
  for (const Place& place : nvcc_candidates(settings))
    places.push_back(place.file + " (" + place.origin + ")");
  return places;
}

std::vector<std::string> nvrtc_places(const ToolchainSettings& settings) {
  if (!settings.nvrtc.empty()) return {settings.nvrtc + " (option)"};
  std::vector<std::string> places;
  for (const Place& place : nvrtc_folders(settings))
    places.push_back((place.file.empty() ? "" : place.file + "/") + library_names[0] +
                     " (" + place.origin + ")");
  return places;
}

std::vector<std::string> cuda_compiler_places(const ToolchainSettings& settings) {
  const bool any = settings.cuda_compiler == "auto" && settings.nvcc.empty();
  std::vector<std::string> places;
  if (any || settings.cuda_compiler == "nvrtc") places = nvrtc_places(settings);
  if (any || !uses_nvrtc(settings))
    for (const std::string& place : nvcc_places(settings)) places.push_back(place);
  return places;
}

}  // namespace rkeops
