# Holds a guest's lifeline: lifeline.sh FOLDER
#
# Standard input is a pipe from the JVM. When it closes, by the JVM's will or because the JVM was
# killed, the lifeline closes, whereupon the container kills QEMU; then the guest's folder is removed.
folder=$1
trap '' INT TERM HUP
mkfifo -m 600 "$folder/lifeline" || exit 1
exec 3<>"$folder/lifeline"
echo held
exec >/dev/null 2>&1
read -r never
# First the name, then the end: a container that opens it now fails instead of waiting for ever.
rm -f -- "$folder/lifeline"
exec 3>&-
tries=0
until rm -rf -- "$folder" || [ "$tries" -ge 100 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
