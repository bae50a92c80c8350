# Runs QEMU in the container: watchdog.sh FOLDER PROGRAM [ARGUMENT]...
#
# FOLDER is the guest's, mounted from the machine where the JVM runs. There a process holds the other
# end of the pipe FOLDER/lifeline as long as the JVM lives: when it closes, QEMU is killed, and with
# this shell's end the container goes.
folder=$1
shift
ulimit -c 0
exec 3<"$folder/lifeline" || exit 125
"$@" </dev/null 3<&- &
qemu=$!
trap 'kill -9 "$qemu"' INT TERM HUP
(trap - INT TERM HUP; read -r never <&3; kill -9 "$qemu") 2>/dev/null &
wait "$qemu"
status=$?
while kill -0 "$qemu" 2>/dev/null; do
  wait "$qemu"
  status=$?
done
echo "$status" >"$folder/qemu.status"
exit "$status"
