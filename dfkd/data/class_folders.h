// Picture files that lie in one folder for each class.
#ifndef DFKD_DATA_CLASS_FOLDERS_H_
#define DFKD_DATA_CLASS_FOLDERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/data/image_split.h"

namespace dfkd {

struct FolderClass {
  std::string folder;  // "n01440764"
  std::string name;    // "tench"
};

// A class a line, in the order of the logits: the folder, then, behind a tab or else the first
// space, the name, of which only what stands before a comma counts ("n01440764 tench, Tinca tinca",
// as in ImageNet's LOC_synset_mapping.txt). Without a name the folder's is taken. Blank lines are
// passed over.
absl::StatusOr<std::vector<FolderClass>> ParseClassFile(absl::string_view text,
                                                        absl::string_view path);

// Folders and names that stand twice are refused; `where` begins the error.
absl::Status CheckClasses(const std::vector<FolderClass>& classes, absl::string_view where);

// The folders in `dir` by name, as classes called like them. Those whose name begins with a dot are
// passed over; at least one.
absl::StatusOr<std::vector<FolderClass>> ListClassFolders(const std::string& dir);

// Whether a file of that name is taken for a picture: it ends in .png, .jpg or .jpeg in any case.
bool IsPicture(absl::string_view name);

// Pictures in `dir` and the folders below it, sorted, each folder's files first. Formats that dfkd
// does not read are refused; any other file, and what begins with a dot, is passed over.
absl::StatusOr<std::vector<std::string>> ListPictures(const std::string& dir);

// The pictures of each class in turn, with its index as their label. A class of which `dir` has no
// folder has none.
absl::StatusOr<LabelledFiles> ListClassPictures(const std::string& dir,
                                                const std::vector<FolderClass>& classes);

// The first class of which `files` are no pictures; null where there are some of each.
const FolderClass* FirstWithoutPictures(const LabelledFiles& files,
                                        const std::vector<FolderClass>& classes);

}  // namespace dfkd

#endif  // DFKD_DATA_CLASS_FOLDERS_H_
