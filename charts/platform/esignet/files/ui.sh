# The image's own start script unpacks what it fetches beside the page; it works on a copy here, which a restart begins anew.
rm -rf /work/nginx
cp -r /usr/share/nginx /work/nginx
cd /home/mosip
exec ./configure_start.sh nginx -g "daemon off;"
