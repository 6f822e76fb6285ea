#include "dfkd/data/class_folders.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

class ClassFoldersTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(dir_); }

  void Touch(const std::string& path) {
    const std::filesystem::path whole = dir_ + "/" + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << "x";
  }
  std::vector<std::string> In(const std::vector<std::string>& paths) {
    std::vector<std::string> whole;
    for (const std::string& path : paths) whole.push_back(dir_ + "/" + path);
    return whole;
  }

  const std::string dir_ = ::testing::TempDir() + "/class_folders";
};

TEST_F(ClassFoldersTest, ListsFoldersByNameWithoutHiddenOnes) {
  for (const char* path : {"dog/1.png", "cat/1.png", ".trash/1.png", "labels.csv"}) Touch(path);
  ASSERT_OK_AND_ASSIGN(const std::vector<FolderClass> classes, ListClassFolders(dir_));
  ASSERT_EQ(classes.size(), 2);
  EXPECT_EQ(classes[0].folder, "cat");
  EXPECT_EQ(classes[1].name, "dog");
  EXPECT_THAT(ListClassFolders(dir_ + "/cat"),
              StatusMessageIs(dir_ + "/cat has no folders; there must be one for each class"));
}

TEST_F(ClassFoldersTest, ListsPicturesBelowAFolderInOrder) {
  for (const char* path : {"b/2.JPEG", "b/1.jpg", "a/x.png", "z.PNG", ".hidden.png", "Thumbs.db",
                           "b/.cache/1.png", "empty/notes.txt"}) {
    Touch(path);
  }
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> pictures, ListPictures(dir_));
  EXPECT_EQ(pictures, In({"z.PNG", "a/x.png", "b/1.jpg", "b/2.JPEG"}));
}

TEST_F(ClassFoldersTest, RefusesFormatsThatAreNotRead) {
  Touch("a/1.png");
  Touch("a/2.WebP");
  EXPECT_THAT(ListPictures(dir_),
              StatusHas(absl::StatusCode::kNotFound,
                        dir_ + "/a/2.WebP is of a format that is not read; convert it to PNG or "
                               "JPEG"));
}

TEST_F(ClassFoldersTest, StopsWhereALinkLeadsBack) {
  Touch("a/1.png");
  std::filesystem::create_directory_symlink("..", dir_ + "/a/up");
  EXPECT_THAT(ListPictures(dir_), StatusMessageHas("does a link lead back?"));
}

TEST_F(ClassFoldersTest, LabelsPicturesByTheirPlaceInTheList) {
  for (const char* path : {"a/1.png", "a/2.png", "b/1.png", "other/1.png"}) Touch(path);
  ASSERT_OK_AND_ASSIGN(const LabelledFiles files,
                       ListClassPictures(dir_, {{"b", "bee"}, {"absent", "absent"}, {"a", "ant"}}));
  EXPECT_EQ(files.paths, In({"b/1.png", "a/1.png", "a/2.png"}));
  EXPECT_EQ(files.labels, std::vector<int64_t>({0, 2, 2}));
}

TEST(ParseClassFile, ReadsFoldersAndNames) {
  ASSERT_OK_AND_ASSIGN(
      const std::vector<FolderClass> classes,
      ParseClassFile("n01440764 tench, Tinca tinca\n\nn02 great white shark\r\nmy class\tA b, c\nx",
                     "list.txt"));
  ASSERT_EQ(classes.size(), 4);
  EXPECT_EQ(classes[0].folder, "n01440764");
  EXPECT_EQ(classes[0].name, "tench");
  EXPECT_EQ(classes[1].name, "great white shark");
  EXPECT_EQ(classes[2].folder, "my class");
  EXPECT_EQ(classes[2].name, "A b");
  EXPECT_EQ(classes[3].folder, "x");
  EXPECT_EQ(classes[3].name, "x");
}

TEST(ParseClassFile, RefusesWhatIsNotOneFolderAndOneName) {
  EXPECT_THAT(ParseClassFile("\n", "list.txt"), StatusMessageIs("list.txt names no class"));
  EXPECT_THAT(ParseClassFile("a x\na y\n", "list.txt"),
              StatusHas(absl::StatusCode::kNotFound, "list.txt: folder a stands twice"));
  EXPECT_THAT(ParseClassFile("a x\nb x\n", "list.txt"),
              StatusMessageIs("list.txt: class name \"x\" stands twice"));
  EXPECT_THAT(ParseClassFile("../a x\n", "list.txt"),
              StatusMessageIs("list.txt: \"../a\" is not the name of one folder"));
  EXPECT_THAT(ParseClassFile("a ,x\n", "list.txt"),
              StatusMessageIs("list.txt: folder a has an empty class name"));
}

}  // namespace
}  // namespace dfkd
