/* Runs a Windows program and prints its exit code, as its parent has it:
 *
 *     wine exit_code.exe PROGRAM [ARGUMENT]...
 *
 * wine hands the code of a program with several threads to Unix as 0 now and then. Ctrl-C is for
 * the program; this one stays to the end.
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static BOOL WINAPI stay(DWORD event) {
  (void)event;
  return TRUE;
}

int main(void) {
  STARTUPINFOA startup = {.cb = sizeof startup};
  PROCESS_INFORMATION process;
  DWORD code;
  /* The rest of the command line is the program's, as it stands. */
  char *rest = strstr(GetCommandLineA(), "exit_code.exe");
  rest = rest ? rest + strcspn(rest, " ") : "";
  rest += strspn(rest, " ");
  SetConsoleCtrlHandler(stay, TRUE);
  if (!CreateProcessA(NULL, rest, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
    printf("cannot start `%s`: error %lu\n", rest, GetLastError());
    return 1;
  }
  WaitForSingleObject(process.hProcess, INFINITE);
  GetExitCodeProcess(process.hProcess, &code);
  printf("\nexit code %lu\n", code);
  return 0;
}
