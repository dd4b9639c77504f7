use trapline::{eql, event::*};
fn main(){ 
  let q = std::env::args().nth(1).unwrap();
  let p = eql::parse(&q);
  for e in &p.errors { println!("{} {} {:?}", e.code.number, e.message, e.span); }
  let Some(q)=p.query else {return};
  println!("{q}");
  let mut m = Mapping::new("x");
  for (n,t) in [("@timestamp","date"),("event.category","keyword"),("host.id","keyword"),("name","keyword"),("pid","long"),("ip","ip"),("flag","boolean"),("d","date"),("host.os.type","keyword"),("process.name","keyword"),("network.direction","keyword"),("source.ip","ip"),("source.port","long")] { m.add(n, field::FieldType::named(n.is_empty().then_some("").unwrap_or(t)), schema::Origin::Declared); }
  let s = Schema::new(vec![m]);
  match eql::check(&q,&s,&Default::default()) { Err(e)=>for e in e { println!("{} {} {:?} {:?}", e.code.number, e.message, e.span, e.help); }, Ok(c)=>{ let p=eql::lower(&c, eql::OptionalFields::Folded, Timestamp::default()).unwrap(); println!("{p:#?}"); } }
}
